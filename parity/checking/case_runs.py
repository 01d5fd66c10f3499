"""Runs behind a verdict: four for each case; the reference's are live or recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Protocol

from parity.checking.constant_runs import AS_THEY_ARE, ConstantRuns, Held
from parity.checking.perturbed_runs import sample_errors, sample_gradient_jumps
from parity.declaring.constants import ConstantChanges
from parity.declaring.frameworks import runner
from parity.declaring.port import Configuration, Pair
from parity.declaring.shared_models import sharing
from parity.declaring.trace import Task, Trace
from parity.errors import SideFailedError, StructureError
from parity.judging.four_runs import FourRuns
from parity.runners.side import run_side

NO_FLOAT64 = "no float64 run, so the bound is weaker"


class Rerun(Protocol):
    """Run of the reference on another task, or with changes; None if it is recorded."""

    def __call__(
        self, task: Task, dtype: str = "float64", changes: ConstantChanges | None = None
    ) -> Trace | None:
        """Run it."""


class Reference(Protocol):
    """Source of the reference's runs, by pair and configuration."""

    provenance: dict[str, Any] | None
    """How a recording was made; None if the reference is run live."""
    remarks: tuple[str, ...]
    """Remarks on a recording."""

    def versions(self, frameworks: set[str]) -> dict[str, str]:
        """Return the version of each of the frameworks."""

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """Return the reference's run of a task.

        Raises ParityError if there is none, SideFailedError if the layer itself raises.
        """

    def rerun(
        self, pair: Pair, task: Task, dtype: str = "float64", changes: ConstantChanges | None = None
    ) -> Trace | None:
        """Return the reference's run of another task, or with changes; None if it is recorded."""

    def errors(self, pair: Pair, config: Configuration, task: Task) -> dict[str, float]:
        """Return the reference's float32 errors on ulp-perturbed runs, as `sample_errors` does.

        Raises UnsampledError if they are not available.
        """

    def jumps(self, pair: Pair, config: Configuration, task: Task, by: float) -> dict[str, float]:
        """Return the jumps of gradients at kinks, as `sample_gradient_jumps` does."""


class LiveReference:
    """Reference that is run whenever its results are needed."""

    provenance: dict[str, Any] | None = None
    remarks: tuple[str, ...] = ()

    def versions(self, frameworks: set[str]) -> dict[str, str]:
        """Return the versions that the runners report."""
        return {name: runner(name).version() for name in frameworks}

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """Run the reference."""
        return run_side(pair, "reference", task, dtype)

    def rerun(
        self, pair: Pair, task: Task, dtype: str = "float64", changes: ConstantChanges | None = None
    ) -> Trace | None:
        """Run the reference on another task, or with its constants changed."""
        return run_side(pair, "reference", task, dtype, changes)

    def errors(self, pair: Pair, config: Configuration, task: Task) -> dict[str, float]:
        """Sample the reference's float32 errors."""
        return sample_errors(pair, task)

    def jumps(self, pair: Pair, config: Configuration, task: Task, by: float) -> dict[str, float]:
        """Sample the jumps of the reference's gradients."""
        return sample_gradient_jumps(pair, task, by)


@dataclass(frozen=True)
class CaseRuns:
    """The traces of a case's four runs, and the means to run more.

    Args:
        task: what was run.
        traces: the runs; a float64 run that failed is None, and a note says why.
        sample_errors: returns the reference's float32 errors on ulp-perturbed runs; the first call
            is slow.
        sample_jumps: returns the jumps of gradients at kinks crossed by a given amount; the first
            call is slow.
        again: runs a side ("reference", "candidate") once more in a dtype; a recorded reference
            returns the same run.
        rerun: runs the reference on another task in a dtype, or with constants changed; None if it
            is recorded.
        notes: remarks on the runs.
        constants: makes float64 runs with the constants of either side changed.
        held: how the constants of reference and candidate are held in the float64 runs.
        left_out: gradients that are left out of all runs.
        float32_errors: by output, how far what is computed in float32 in the float64 runs may be
            off.
        differing_inside: whether a layer inside is known to differ by more than its constants.
        whole: the whole model's runs, of which these are a layer's part.
        unsteady: by role, how each output changes if that side is run once more.
    """

    task: Task
    traces: FourRuns[Trace]
    sample_errors: Callable[[], dict[str, float]]
    sample_jumps: Callable[[float], dict[str, float]]
    again: Callable[[str, str], Trace]
    rerun: Rerun
    notes: tuple[str, ...] = ()
    constants: ConstantRuns | None = None
    held: tuple[Held, Held] = (AS_THEY_ARE, AS_THEY_ARE)
    left_out: tuple[str, ...] = ()
    float32_errors: Mapping[str, float] = field(default_factory=dict)
    differing_inside: bool = False
    whole: "CaseRuns | None" = None
    unsteady: dict[str, dict[str, str]] = field(default_factory=dict, compare=False)

    def with_candidate(self, single: Trace, double: Trace | None) -> "CaseRuns":
        """Return the same runs with those of another candidate."""
        traces = replace(self.traces, candidate32=single, candidate64=double)
        runs = replace(self, traces=traces, constants=None, whole=None, unsteady={})
        return runs.without(self.left_out) if self.left_out else runs

    def without(self, gradients: Sequence[str]) -> "CaseRuns":
        """Return the same runs without some gradients, named as in `Trace.gradients`."""
        leave_out = partial(_without, tuple(gradients))
        constants = self.constants.narrowed(leave_out) if self.constants is not None else None
        left_out = (*self.left_out, *(name for name in gradients if name not in self.left_out))
        traces = self.traces.map(leave_out)
        return replace(self, traces=traces, constants=constants, left_out=left_out)

    def narrowed(self, pair: Pair) -> "CaseRuns":
        """Return the part of a whole model's runs that belongs to the layer of `pair`."""
        narrow = partial(_narrow, pair)
        constants = self.constants.narrowed(narrow) if self.constants is not None else None
        whole = self.whole or self
        return replace(self, traces=self.traces.map(narrow), constants=constants, whole=whole)


def _without(gradients: tuple[str, ...], trace: Trace) -> Trace:
    kept = {name: array for name, array in trace.gradients.items() if name not in gradients}
    return replace(trace, gradients=kept)


def _narrow(pair: Pair, trace: Trace) -> Trace:
    prefix = f"weight/{pair.weights_of}/" if pair.weights_of else None
    missing = [name for name in pair.intermediates if name not in trace.outputs]
    if missing:
        raise StructureError(f"the whole model has no intermediate {', '.join(missing)}")
    return replace(
        trace,
        outputs={name: trace.outputs[name] for name in pair.intermediates},
        gradients={
            name: gradient
            for name, gradient in trace.gradients.items()
            if prefix and name.startswith(prefix)
        },
    )


def _anew(run: Callable[[str], Trace], dtype: str) -> Trace:
    """Run a side on a model of its own: a random one may be made otherwise each time."""
    with sharing(None):
        return run(dtype)


def run_four(pair: Pair, config: Configuration, task: Task, reference: Reference) -> CaseRuns:
    """Run both sides in float32 and in float64.

    Raises ParityError if a side cannot run in float32; a failure in float64 becomes a note.
    """
    sides: dict[str, Callable[[str], Trace]] = {
        "reference": partial(reference.trace, pair, config, task),
        "candidate": partial(run_side, pair, "candidate", task),
    }
    singles = [run("float32") for run in sides.values()]
    doubles: list[Trace | None] = []
    notes: list[str] = []
    for run in sides.values():
        try:
            doubles.append(run("float64"))
        except SideFailedError as error:
            doubles.append(None)
            notes.append(f"{NO_FLOAT64}: {error}")
    runs = CaseRuns(
        task,
        FourRuns(singles[0], singles[1], doubles[0], doubles[1]),
        cache(partial(reference.errors, pair, config, task)),
        cache(partial(reference.jumps, pair, config, task)),
        lambda role, dtype: _anew(sides[role], dtype),
        partial(reference.rerun, pair),
        tuple(notes),
        ConstantRuns(
            task,
            {
                "reference": lambda task, changes: reference.rerun(pair, task, changes=changes),
                "candidate": lambda task, changes: run_side(
                    pair, "candidate", task, "float64", changes
                ),
            },
        ),
    )
    # A recording may hold gradients that are exempt by now.
    return runs.without([f"input/{name}" for name in task.constant]) if task.constant else runs
