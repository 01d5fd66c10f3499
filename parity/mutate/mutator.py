"""Known mistakes planted into a right port, one at a time: each must be caught by `check`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from parity.checking.case_verdict import judge
from parity.checking.checker import Checker
from parity.checking.execution import FourRuns
from parity.checking.selection import Selection, select
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task, Trace
from parity.diagnosing.diagnose import diagnose
from parity.diagnosing.diagnosis import Diagnosis
from parity.diagnosing.reference_runs import ReferenceRuns
from parity.errors import ParityError, StructureError, UnavailableError
from parity.judging.elementwise import same_bits
from parity.judging.verdict import Verdict, worst
from parity.known_bugs.catalogue import possible
from parity.known_bugs.planting import planted
from parity.runners.side import run_side


@dataclass(frozen=True)
class Mutant:
    """A port's pair with one mistake made in it."""

    layer: str
    config: str
    mistake: KnownBug

    @property
    def name(self) -> str:
        """The layer and the mistake."""
        return f"{self.layer}: {self.mistake.name}"


@dataclass(frozen=True)
class MutantResult:
    """What became of a mutant.

    `setting` is the check that caught it, "" if none did; `excuse` is the port's own reason why it
    changes nothing, borne out by float64; `diagnosis` is there if it was asked for.
    """

    mutant: Mutant
    verdict: Verdict
    setting: str = ""
    reason: str = ""
    excuse: str = ""
    diagnosis: Diagnosis | None = None

    @property
    def caught(self) -> bool:
        """Whether a check refused it."""
        return not self.verdict.passes

    @property
    def survived(self) -> bool:
        """Whether it passed every check, and is not known to change nothing."""
        return not self.caught and not self.excuse

    @property
    def named(self) -> str:
        """What the diagnosis said: "right", "among others", "wrong", "unsure", "" or "none"."""
        if self.diagnosis is None:
            return ""
        suspects = self.diagnosis.suspects
        right = [len(s.known_bugs) == 1 and self._means(s.known_bugs[0]) for s in suspects]
        if not any(right):
            return "none" if not suspects else "wrong" if self.diagnosis.certain else "unsure"
        return "right" if right[0] else "among others"

    def _means(self, other: KnownBug) -> bool:
        """Whether a mistake supposed is the one planted, or undoes it where it was made."""
        planted = self.mutant.mistake
        one, two = planted.operation, other.operation
        if one and two:
            alike = one.kind == two.kind or planted.trap == other.trap is not None
            if one.number is None or two.number is None:
                return one.number == two.number and alike
            return one.holds(two) or (one.adjoins(two) and alike)
        if planted.options is not None:
            return other.options is not None and planted.what == other.what
        words = (*planted.same_as, *_of_masks(planted), *_of_masks(other))
        return planted.name == other.name or other.what in words or planted.what in words


@dataclass(frozen=True)
class Setting:
    """One set of inputs to check mutants on, and what a user would type to have it."""

    title: str
    inputs: InputSet


class Mutator:
    """Plants mistakes into one port. The reference runs once for each case, not for each mutant."""

    def __init__(
        self, port: Port, selection: Selection, source: str | None = None, records: int = 4
    ) -> None:
        self.port, self.selection = port, replace(selection, gradients=True)
        self.settings = list(self._settings(source, records))
        self._checkers = {s.title: Checker(port, s.inputs, self.selection) for s in self.settings}
        self._controls: dict[tuple[str, str, str], tuple[Task, FourRuns]] = {}
        self._references: dict[tuple[str, str, str], ReferenceRuns] = {}

    def _settings(self, source: str | None, records: int) -> Iterator[Setting]:
        seed = self.selection.seed
        first = self.port.load_inputs(source, seed, records)
        yield Setting("--grad", first)
        yield Setting("--grad --records 1", self.port.load_inputs(source, seed, 1))
        if source is None:
            drawn = self.port.load_inputs("random", seed, records)
            if drawn.name != first.name:
                yield Setting("--grad --inputs random", drawn)

    def mutants(self) -> list[Mutant]:
        """Every mutant, each mistake under the first configuration of its layer that allows it.

        Raises ParityError if the port fails its own check without any mistake.
        """
        found: dict[tuple[str, str], Mutant] = {}
        for pair, config in select(self.port, self.selection):
            task, runs = self._control(pair, config, self.settings[0])
            outputs = runs.reference32.outputs
            for mistake in possible(self.port, pair, config, task, outputs, thorough=False):
                mutant = Mutant(pair.layer, config.name, mistake)
                if not self._seen_in_a_layer(pair, mistake):
                    found.setdefault((pair.layer, _kind(mistake)), mutant)
        return list(found.values())

    def _seen_in_a_layer(self, pair: Pair, mistake: KnownBug) -> bool:
        """Whether a mistake of the whole model is one of its layers' too."""
        inside = mistake.weights is not None or mistake.operation is not None
        return inside and pair.layer == self.port.whole and len(self.port.pairs) > 1

    def _control(
        self, pair: Pair, config: Configuration, setting: Setting
    ) -> tuple[Task, FourRuns]:
        key = (pair.layer, config.name, setting.title)
        if key not in self._controls:
            checker = self._checkers[setting.title]
            runs = checker.runs(pair, config)
            outputs, _ = judge(pair, runs)
            for output in outputs:
                if not output.verdict.passes:
                    raise ParityError(
                        f"{pair.layer}, {config.name} ({setting.title}) fails before any mistake "
                        f"is planted: {output.name} {output.verdict}: {output.reason}; "
                        "mend the port first"
                    )
            self._controls[key] = checker.task(pair, config), runs
        return self._controls[key]

    def run(self, mutant: Mutant, diagnosed: bool = False) -> MutantResult:
        """Check one mutant, in every setting until one refuses it."""
        right, config = self._of(mutant)
        pair = planted(right, mutant.mistake)
        result = MutantResult(mutant, Verdict.EQUIVALENT)
        for setting in self.settings:
            task, runs = self._control(right, config, setting)
            verdict, reason = _check(pair, task, runs)
            if not verdict.passes:
                result = MutantResult(mutant, verdict, setting.title, reason)
                if diagnosed:
                    result = replace(result, diagnosis=self._diagnosis(pair, config, task, setting))
                return result
        return replace(result, excuse=self._excuse(mutant, pair, config))

    def _of(self, mutant: Mutant) -> tuple[Pair, Configuration]:
        pair = self.port.pair(mutant.layer)
        return pair, next(c for c in pair.configs if c.name == mutant.config)

    def _diagnosis(
        self, pair: Pair, config: Configuration, task: Task, setting: Setting
    ) -> Diagnosis | None:
        if pair.distributions:
            return None
        key = (pair.layer, config.name, setting.title)
        right = self.port.pair(pair.layer).candidate
        references = self._references.setdefault(key, ReferenceRuns(right))
        try:
            return diagnose(self.port, pair, config, task, references)
        except UnavailableError:
            raise
        except ParityError:
            return None

    def _excuse(self, mutant: Mutant, pair: Pair, config: Configuration) -> str:
        """Why the mutant changes nothing: there is nothing to change, or the port's own reason.

        A port's reason counts if float64 bears it out.
        """
        if self._has_nothing_to_change(mutant, config):
            return "there is nothing that it would change"
        for pattern, reason in self.port.equivalent.items():
            if fnmatchcase(mutant.name, pattern):
                return reason if self._changes_nothing(mutant, pair, config) else ""
        return ""

    def _has_nothing_to_change(self, mutant: Mutant, config: Configuration) -> bool:
        """Whether a mistake in outputs leaves each of the reference's as it is."""
        if mutant.mistake.outputs is None:
            return False
        right = self.port.pair(mutant.layer)
        for setting in self.settings:
            task, runs = self._control(right, config, setting)
            before = runs.reference32.outputs
            after = mutant.mistake.outputs(dict(before), task)
            if before.keys() != after.keys() or not all(
                after[name].shape == array.shape and same_bits(after[name], array)
                for name, array in before.items()
            ):
                return False
        return True

    def _changes_nothing(self, mutant: Mutant, pair: Pair, config: Configuration) -> bool:
        right = self.port.pair(mutant.layer)
        for setting in self.settings:
            task, runs = self._control(right, config, setting)
            assert runs.candidate64 is not None
            before = runs.candidate64.named()
            after = run_side(pair, "candidate", task, "float64").named()
            if not all(np.allclose(after[n], before[n], rtol=1e-9, atol=1e-12) for n in before):
                return False
        return True


def _kind(mistake: KnownBug) -> str:
    """What makes two mistakes one, under whatever configuration: sizes do not."""
    operation = mistake.operation
    return f"{operation.number}: {mistake.what}" if operation else mistake.name


def _of_masks(mistake: KnownBug) -> tuple[str, ...]:
    """What a mistake in the use of a mask is called where the mask is handed over."""
    way = mistake.operation.instead if mistake.operation else ""
    return {
        "without its mask": ("mask ignored, as if all 1", "mask ignored, as if all 0"),
        "with its mask inverted": ("mask inverted",),
        "with the other sign": ("mask inverted",),
    }.get(way, ())


def _check(pair: Pair, task: Task, runs: FourRuns) -> tuple[Verdict, str]:
    """What `check` says of a pair of which the reference's runs are known."""
    try:
        single: Trace = run_side(pair, "candidate", task)
        double: Trace | None = None
        if runs.candidate64 is not None:
            double = run_side(pair, "candidate", task, "float64")
        outputs, _ = judge(pair, replace(runs, candidate32=single, candidate64=double))
    except UnavailableError:
        raise
    except StructureError as error:
        return Verdict.STRUCTURE, str(error)
    except ParityError as error:
        return Verdict.NOT_COMPARED, str(error)
    failing = [output for output in outputs if not output.verdict.passes]
    reason = f"{failing[0].name}: {failing[0].reason}" if failing else ""
    return worst(output.verdict for output in outputs), reason
