"""A recording in the reference's place: the same runs, or a refusal; never a run, never a skip."""

from pathlib import Path
from typing import Any

from parity.checking.checker import Checker
from parity.checking.execution import gradient_jumps
from parity.declaring.inputs import InputSet
from parity.declaring.port import Configuration, Pair
from parity.declaring.registry import source_file
from parity.declaring.trace import Task, Trace
from parity.errors import InputError, SideFailedError, StaleError, UnsampledError
from parity.record import bundle as bundles
from parity.record import digest, traces
from parity.record.asked import Asked
from parity.record.bundle import RecordedCase


class RecordedReference:
    """The reference's runs out of a bundle, each held to what is asked of it now.

    Every method raises StaleError, in one line with the command that mends it, where the recording
    is missing, damaged, or of something else.
    """

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._again = f"record it again: {asked.command(folder)}"
        try:
            self.bundle = bundles.read(folder)
        except StaleError as error:
            raise StaleError(f"{error}; {self._again}") from error
        self.provenance: dict[str, Any] | None = self.bundle.provenance
        self.remarks: tuple[str, ...] = ()
        file, then = source_file(asked.port), self.bundle.provenance["port"].get("sha256")
        if file is not None and then is not None and digest.of_file(file) != then:
            self.remarks = ("the port's file has changed since; its candidate alone is run anew",)
        self._intact: set[str] = set()
        self._fits: tuple[RecordedCase, Task] | None = None

    def refuse_unfit(self, checker: Checker) -> None:
        """Refuse a check that asks for what was not recorded, before anything is run."""
        bundle, selection = self.bundle, checker.selection
        if selection.seed != bundle.seed:
            raise self._stale(f"recorded with seed {bundle.seed}, asked for is {selection.seed}")
        if selection.gradients and not bundle.gradients:
            raise self._stale("recorded without gradients")
        self._refuse_other_inputs(checker.inputs)
        for pair, config, modes in checker.cases():
            if "isolated" in modes:
                self._look(pair, config)
            if "cascade" in modes:
                assert checker.port.whole is not None
                self._look(checker.port.pair(checker.port.whole), checker.whole_of(config))

    def _refuse_other_inputs(self, inputs: InputSet) -> None:
        now, then = digest.of_arrays(inputs.arrays), self.bundle.inputs
        unlike = [name for name in {**now, **then} if now.get(name) != then.get(name)]
        if unlike:
            raise self._stale(
                f"recorded on other inputs, {self.bundle.inputs_title}, asked for is "
                f"{inputs.title}; unlike are {', '.join(unlike)}"
            )

    def _look(self, pair: Pair, config: Configuration) -> RecordedCase:
        """The case, from its entry alone."""
        about = f"{pair.layer}, {config.name}"
        case = self.bundle.cases.get((pair.layer, config.name))
        if case is None:
            raise self._stale(f"{about} was not recorded", "missing")
        if wrong := self.bundle.missing(case):
            raise self._stale(f"{about}: {wrong}", "missing")
        if case.framework != pair.reference.framework:
            raise self._stale(
                f"{about}: recorded of {case.framework}, "
                f"the port's reference is {pair.reference.framework} now"
            )
        options = digest.of_options(config.options)
        changed = [
            f"{name} is {options.get(name)!r}, recorded {case.options.get(name)!r}"
            for name in {**options, **case.options}
            if options.get(name) != case.options.get(name)
        ]
        if changed:
            raise self._stale(f"{about}: the options have changed: {'; '.join(changed)}")
        return case

    def _case(self, pair: Pair, config: Configuration, task: Task) -> RecordedCase:
        """The case, its file intact and its task the same as now."""
        case = self._look(pair, config)
        if case.file not in self._intact:
            if wrong := self.bundle.damaged(case):
                raise self._stale(f"{pair.layer}, {config.name}: {wrong}", "damaged")
            self._intact.add(case.file)
        if self._fits is None or self._fits[0] is not case or not _same(self._fits[1], task):
            self._refuse_other_task(case, task)
            self._fits = case, task
        return case

    def _refuse_other_task(self, case: RecordedCase, task: Task) -> None:
        about = f"{case.layer}, {case.config}"
        now = digest.of_arrays(task.inputs)
        unlike = [name for name in {**now, **case.inputs} if now.get(name) != case.inputs.get(name)]
        if unlike:
            raise self._stale(f"{about}: its inputs have changed: {', '.join(unlike)}")
        if digest.of_weights(task.weights) != case.weights:
            raise self._stale(f"{about}: its weights have changed, in names, shapes or values")
        if task.differentiate not in ((), case.differentiate):
            raise self._stale(
                f"{about}: gradients are of {_of(task.differentiate)} now, recorded "
                f"of {_of(case.differentiate)}"
            )

    def _stale(self, what: str, kind: str = "stale") -> StaleError:
        return StaleError(f"{kind}: {self.bundle.folder}: {what}; {self._again}")

    def versions(self, frameworks: set[str]) -> dict[str, str]:
        """As they were, and said to be so."""
        recorded = self.bundle.provenance.get("versions", {})
        return {name: f"{recorded.get(name, 'unknown')} (recorded)" for name in frameworks}

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """Read it; SideFailedError, as when it was recorded, if there was no float64 run."""
        case = self._case(pair, config, task)
        if dtype == "float64" and case.failure64:
            raise SideFailedError(case.failure64)
        try:
            return traces.load(self.bundle.path(case), dtype, task.differentiate != ())
        except InputError as error:
            raise self._stale(str(error), "damaged") from error

    def errors(self, pair: Pair, config: Configuration, task: Task) -> dict[str, float]:
        """As they were recorded; UnsampledError if they were not."""
        case = self._case(pair, config, task)
        if case.reference_errors is None:
            raise UnsampledError(
                "how far the reference's own rounding goes on neighbouring inputs was not recorded "
                f"(--no-neighbours); {self._again}"
            )
        return case.reference_errors

    def jumps(self, pair: Pair, config: Configuration, task: Task, by: float) -> dict[str, float]:
        """Of the candidate: how far to move hangs on it, and in float64 it is the reference."""
        return gradient_jumps(pair, task, by, "candidate")


def _same(one: Task, other: Task) -> bool:
    """Whether two tasks hold the very same arrays, so that none need be fingerprinted twice."""
    return (
        one.inputs is other.inputs
        and one.weights is other.weights
        and one.differentiate == other.differentiate
    )


def _of(names: tuple[str, ...] | None) -> str:
    return "all outputs" if names is None else ", ".join(names) or "none"
