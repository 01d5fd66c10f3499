"""Recorded reference: recorded runs in place of live ones; a stale recording is an error."""

from pathlib import Path
from typing import Any

from parity.checking.checker import Checker
from parity.checking.perturbed_runs import sample_gradient_jumps
from parity.declaring.constants import ConstantChanges
from parity.declaring.inputs import InputSet
from parity.declaring.port import Configuration, Pair
from parity.declaring.registry import source_file
from parity.declaring.trace import Task, Trace
from parity.errors import InputError, SideFailedError, StaleError, UnsampledError
from parity.record import digest, recording, traces
from parity.record.recording import RecordedCase
from parity.record.request import RecordRequest, reference_runs


class RecordedReference:
    """Reference whose runs come from a recording, each verified against the present request.

    Every method raises StaleError where the recording is missing, damaged or out of date, in one
    line that ends with the command that makes it again.
    """

    def __init__(self, folder: Path, request: RecordRequest) -> None:
        self._again = f"record it again: {request.command(folder)}"
        try:
            self.recording = recording.read(folder)
        except StaleError as error:
            raise StaleError(f"{error}; {self._again}") from error
        self.provenance: dict[str, Any] | None = self.recording.provenance
        self.remarks: tuple[str, ...] = ()
        file, recorded = source_file(request.port), self.recording.provenance["port"].get("sha256")
        if file is not None and recorded is not None and digest.of_file(file) != recorded:
            self.remarks = (
                "the port's file has changed since; only its candidate is run in its present form",
            )
        self._intact: set[str] = set()
        self._verified: tuple[RecordedCase, Task] | None = None

    def refuse_unfit(self, checker: Checker) -> None:
        """Refuse a check that needs what was not recorded, before anything is run."""
        recorded, selection = self.recording, checker.selection
        if selection.seed != recorded.seed:
            raise self._stale(f"recorded with seed {recorded.seed}, not {selection.seed}")
        if selection.gradients and not recorded.gradients:
            raise self._stale("recorded without gradients")
        self._refuse_other_inputs(checker.inputs)
        for pair, config in reference_runs(checker):
            self._find(pair, config)

    def _refuse_other_inputs(self, inputs: InputSet) -> None:
        changed = _changed(digest.of_arrays(inputs.arrays), self.recording.inputs)
        if changed:
            raise self._stale(
                f"recorded on other inputs, {self.recording.inputs_title}, not {inputs.title}; "
                f"different: {', '.join(changed)}"
            )

    def _find(self, pair: Pair, config: Configuration) -> RecordedCase:
        """Return a case, verified as far as `bundle.json` describes it."""
        about = f"{pair.layer}, {config.name}"
        case = self.recording.cases.get((pair.layer, config.name))
        if case is None:
            raise self._stale(f"{about} was not recorded", "missing")
        if wrong := self.recording.missing(case):
            raise self._stale(f"{about}: {wrong}", "missing")
        if case.framework != pair.reference.framework:
            raise self._stale(
                f"{about}: recorded with {case.framework}, "
                f"but the port's reference is now {pair.reference.framework}"
            )
        now = digest.of_options(config.options)
        changed = [
            f"{name} is {now.get(name)!r}, but was recorded as {case.options.get(name)!r}"
            for name in _changed(now, case.options)
        ]
        if changed:
            raise self._stale(f"{about}: the options have changed: {'; '.join(changed)}")
        return case

    def _case(self, pair: Pair, config: Configuration, task: Task) -> RecordedCase:
        """Return a case whose file is intact and whose task is the present one."""
        case = self._find(pair, config)
        if case.file not in self._intact:
            if wrong := self.recording.damaged(case):
                raise self._stale(f"{pair.layer}, {config.name}: {wrong}", "damaged")
            self._intact.add(case.file)
        if (
            self._verified is None
            or self._verified[0] is not case
            or not _is_same(self._verified[1], task)
        ):
            self._refuse_other_task(case, task)
            self._verified = case, task
        return case

    def _refuse_other_task(self, case: RecordedCase, task: Task) -> None:
        about = f"{case.layer}, {case.config}"
        changed = _changed(digest.of_arrays(task.inputs), case.inputs)
        if changed:
            raise self._stale(f"{about}: its inputs have changed: {', '.join(changed)}")
        if digest.of_weights(task.weights) != case.weights:
            raise self._stale(f"{about}: its weights have changed, in names, shapes or values")
        if task.differentiate not in ((), case.differentiate):
            raise self._stale(
                f"{about}: gradients are now of {_outputs(task.differentiate)}, but were recorded "
                f"of {_outputs(case.differentiate)}"
            )

    def _stale(self, what: str, kind: str = "stale") -> StaleError:
        return StaleError(f"{kind}: {self.recording.folder}: {what}; {self._again}")

    def versions(self, frameworks: set[str]) -> dict[str, str]:
        """Return the recorded versions, marked as such."""
        recorded = self.recording.provenance.get("versions", {})
        return {name: f"{recorded.get(name, 'unknown')} (recorded)" for name in frameworks}

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """Read a recorded run.

        Raises SideFailedError if the float64 run failed when it was recorded.
        """
        case = self._case(pair, config, task)
        if dtype == "float64" and case.failure64:
            raise SideFailedError(case.failure64)
        try:
            return traces.load(self.recording.path(case), dtype, task.differentiate != ())
        except InputError as error:
            raise self._stale(str(error), "damaged") from error

    def rerun(
        self, pair: Pair, task: Task, dtype: str = "float64", changes: ConstantChanges | None = None
    ) -> Trace | None:
        """Return None: a recorded reference cannot be run again."""
        return None

    def errors(self, pair: Pair, config: Configuration, task: Task) -> dict[str, float]:
        """Return the recorded errors of ulp-perturbed runs; raise UnsampledError without any."""
        case = self._case(pair, config, task)
        if case.reference_errors is None:
            raise UnsampledError(
                "the reference's rounding error was not sampled when it was recorded "
                f"(--no-neighbours); {self._again}"
            )
        return case.reference_errors

    def jumps(self, pair: Pair, config: Configuration, task: Task, by: float) -> dict[str, float]:
        """Return the jumps of the candidate's gradients, which equal the reference's in float64.

        They cannot be recorded, as they depend on how far the candidate's values are off.
        """
        return sample_gradient_jumps(pair, task, by, "candidate")


def _changed(now: dict[str, Any], recorded: dict[str, Any]) -> list[str]:
    return [name for name in {**now, **recorded} if now.get(name) != recorded.get(name)]


def _is_same(one: Task, other: Task) -> bool:
    """Return whether two tasks share their arrays, so that these are hashed only once."""
    return (
        one.inputs is other.inputs
        and one.weights is other.weights
        and one.differentiate == other.differentiate
    )


def _outputs(names: tuple[str, ...] | None) -> str:
    return "all outputs" if names is None else ", ".join(names) or "none"
