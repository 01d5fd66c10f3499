"""Mutation test: known bugs planted one at a time into a correct port, for the check to catch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TypeVar

import numpy as np

from parity.checking.case_runs import CaseRuns
from parity.checking.case_verdict import judge
from parity.checking.checker import Checker
from parity.checking.reruns import judge_with_constants
from parity.checking.selection import Selection, select
from parity.checking.weight_gradients import judge_weights_alone
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import (
    ChangedOutputs,
    ChangedWeights,
    KnownBug,
    OtherOperation,
)
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task
from parity.diagnosing.diagnose import diagnose
from parity.diagnosing.diagnosis import Diagnosis
from parity.diagnosing.run_cache import RunCache
from parity.errors import ParityError, SideFailedError, StructureError, UnavailableError
from parity.judging.elementwise import same_bits
from parity.judging.verdict import Verdict, worst
from parity.known_bugs.catalogue import generate_known_bugs
from parity.known_bugs.planting import plant
from parity.mutate.mutant import Mutant, MutantResult, Planned, plan
from parity.runners.side import run_side

_MOST_HELD = 3
"""Runs that are kept: one case's in each setting; a large port's take up to a gigabyte each."""

Held = TypeVar("Held")


@dataclass(frozen=True)
class Setting:
    """Inputs to check mutants on, and the options of `parity check` that select them."""

    title: str
    inputs: InputSet


class Mutator:
    """Known bugs planted into one port; the reference runs once for each case, not each mutant."""

    def __init__(
        self, port: Port, selection: Selection, source: str | None = None, records: int = 4
    ) -> None:
        self.port, self.selection = port, replace(selection, gradients=True)
        self.settings = list(self._settings(source, records))
        self._checkers = {s.title: Checker(port, s.inputs, self.selection) for s in self.settings}
        self._controls: dict[tuple[str, str, str], CaseRuns] = {}
        self._bugs: dict[tuple[str, str], list[KnownBug]] = {}
        self._caches: dict[tuple[str, str, str], RunCache] = {}

    def _settings(self, source: str | None, records: int) -> Iterator[Setting]:
        seed = self.selection.seed
        first = self.port.load_inputs(source, seed, records)
        yield Setting("--grad", first)
        yield Setting("--grad --records 1", self.port.load_inputs(source, seed, 1))
        if source is None:
            drawn = self.port.load_inputs("random", seed, records)
            if drawn.name != first.name:
                yield Setting("--grad --inputs random", drawn)

    def planned(self, show: Callable[[str], None] = lambda case: None) -> list[Planned]:
        """Return all mutants, each bug under the configurations of its layer that allow it.

        Every case is run as it is; `show` is called with its name before.

        Raises ParityError if the port fails its own check before any bug is planted.
        """
        found = []
        for pair, config in select(self.port, self.selection):
            show(f"{pair.layer}, {config.name}")
            found.append((pair.layer, config.name, self.bugs(pair.layer, config.name)))
        return plan(found)

    def mutants(self) -> list[Mutant]:
        """Return all mutants, as `planned` has them."""
        return [self.mutant(planned) for planned in self.planned()]

    def bugs(self, layer: str, config: str) -> list[str]:
        """Return what identifies each bug that a case allows, whatever the sizes.

        Raises ParityError if the case fails before any bug is planted.
        """
        return [_key(bug) for bug in self._generated(layer, config)]

    def mutant(self, planned: Planned, place: int = 0) -> Mutant:
        """Return a mutant by one of the places of its bug."""
        config, number = planned.places[place]
        return Mutant(planned.layer, config, self._generated(planned.layer, config)[number])

    def _generated(self, layer: str, config: str) -> list[KnownBug]:
        """Return the bugs to plant into a case, generated once."""
        if (layer, config) not in self._bugs:
            pair, configuration = self._case(layer, config)
            try:
                found = self._generate(pair, configuration)
            except SideFailedError as error:
                raise ParityError(f"{layer}, {config}: {error}") from error
            own = [bug for bug in found if not self._belongs_to_a_layer(pair, bug)]
            self._bugs[layer, config] = own
        return self._bugs[layer, config]

    def _generate(self, pair: Pair, config: Configuration) -> list[KnownBug]:
        runs = self._control(pair, config, self.settings[0])
        outputs = runs.traces.reference32.outputs
        return generate_known_bugs(self.port, pair, config, runs.task, outputs, thorough=False)

    def _case(self, layer: str, config: str) -> tuple[Pair, Configuration]:
        pair = self.port.pair(layer)
        return pair, next(each for each in pair.configs if each.name == config)

    def _belongs_to_a_layer(self, pair: Pair, bug: KnownBug) -> bool:
        """Return whether a bug of the whole model is planted into one of its layers as well."""
        inside = isinstance(bug.change, ChangedWeights | OtherOperation)
        return inside and pair.layer == self.port.whole and len(self.port.pairs) > 1

    def _control(self, pair: Pair, config: Configuration, setting: Setting) -> CaseRuns:
        """Return the runs of a case without any bug, which must pass."""
        key = (pair.layer, config.name, setting.title)
        return _held(self._controls, key, lambda: self._passing_runs(pair, config, setting))

    def _passing_runs(self, pair: Pair, config: Configuration, setting: Setting) -> CaseRuns:
        runs = self._checkers[setting.title].runs(pair, config)
        judged = judge_with_constants(pair, runs)
        for output in judged.outputs:
            if not output.verdict.passes:
                raise ParityError(
                    f"{pair.layer}, {config.name} ({setting.title}) fails before any bug is "
                    f"planted: {output.name} {output.verdict}: {output.reason}; "
                    "fix the port first"
                )
        return judged.runs

    def run(self, mutant: Mutant, diagnosed: bool = False) -> MutantResult:
        """Check one mutant in each setting until one catches it."""
        right, config = self._case(mutant.layer, mutant.config)
        pair = plant(right, mutant.bug)
        for setting in self.settings:
            runs = self._control(right, config, setting)
            verdict, reason = _check(pair, runs)
            if not verdict.passes:
                found = self._diagnose(pair, config, runs.task, setting) if diagnosed else None
                return mutant.result(verdict, setting.title, reason, diagnosis=found)
        no_change = self._why_no_change(mutant, pair, config)
        return mutant.result(Verdict.EQUIVALENT, no_change=no_change)

    def _diagnose(
        self, pair: Pair, config: Configuration, task: Task, setting: Setting
    ) -> Diagnosis | None:
        if pair.distributions:
            return None
        key = (pair.layer, config.name, setting.title)
        right = self.port.pair(pair.layer).candidate
        cache = _held(self._caches, key, lambda: RunCache(right))
        try:
            return diagnose(self.port, pair, config, task, cache)
        except UnavailableError:
            raise
        except ParityError:
            return None

    def _why_no_change(self, mutant: Mutant, pair: Pair, config: Configuration) -> str:
        """Return why the mutant changes nothing: nothing to change, or the port's own reason.

        "" if it may change something. A port's reason counts only if float64 runs confirm it.
        """
        if self._has_nothing_to_change(mutant, config):
            return "it has nothing to change"
        for pattern, reason in self.port.equivalent.items():
            if fnmatchcase(mutant.name, pattern):
                return reason if self._changes_nothing(mutant, pair, config) else ""
        return ""

    def _has_nothing_to_change(self, mutant: Mutant, config: Configuration) -> bool:
        """Return whether a bug in outputs leaves all of the reference's outputs unchanged."""
        if not isinstance(mutant.bug.change, ChangedOutputs):
            return False
        right = self.port.pair(mutant.layer)
        for setting in self.settings:
            runs = self._control(right, config, setting)
            before = runs.traces.reference32.outputs
            after = mutant.bug.change.apply(dict(before), runs.task)
            if before.keys() != after.keys() or not all(
                after[name].shape == array.shape and same_bits(after[name], array)
                for name, array in before.items()
            ):
                return False
        return True

    def _changes_nothing(self, mutant: Mutant, pair: Pair, config: Configuration) -> bool:
        right = self.port.pair(mutant.layer)
        for setting in self.settings:
            runs = self._control(right, config, setting)
            assert runs.traces.candidate64 is not None
            before = runs.traces.candidate64.named()
            constants = runs.held[1].changes()
            after = run_side(pair, "candidate", runs.task, "float64", constants).named()
            if not all(np.allclose(after[n], before[n], rtol=1e-9, atol=1e-12) for n in before):
                return False
        return True


def _held(
    held: dict[tuple[str, str, str], Held], key: tuple[str, str, str], make: Callable[[], Held]
) -> Held:
    """Return what is held under a key, made if it is not; what is longest unused is dropped."""
    held[key] = held.pop(key) if key in held else make()
    while len(held) > _MOST_HELD:
        del held[next(iter(held))]
    return held[key]


def _key(bug: KnownBug) -> str:
    """Return what identifies a bug under every configuration, whatever the sizes."""
    return f"{bug.change.index}: {bug.what}" if isinstance(bug.change, OtherOperation) else bug.name


def _check(pair: Pair, runs: CaseRuns) -> tuple[Verdict, str]:
    """Return the verdict on a mutant and its reason, given the runs of the right candidate."""
    try:
        single = run_side(pair, "candidate", runs.task)
        with_double = runs.traces.candidate64 is not None
        constants = runs.held[1].changes()
        double = (
            run_side(pair, "candidate", runs.task, "float64", constants) if with_double else None
        )
        planted = runs.with_candidate(single, double)
        outputs, _ = judge(pair, planted)
        if all(output.verdict.passes for output in outputs):
            outputs += judge_weights_alone(pair, planted)
    except UnavailableError:
        raise
    except StructureError as error:
        return Verdict.STRUCTURE, str(error)
    except ParityError as error:
        return Verdict.NOT_COMPARED, str(error)
    failing = [output for output in outputs if not output.verdict.passes]
    reason = f"{failing[0].name}: {failing[0].reason}" if failing else ""
    return worst(output.verdict for output in outputs), reason
