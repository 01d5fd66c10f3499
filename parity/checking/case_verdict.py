"""Verdicts on a case's outputs, with further runs where they may change or explain a verdict."""

from dataclasses import replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.checking.case_runs import CaseRuns
from parity.checking.perturbed_runs import PERTURBED_RUNS
from parity.declaring.port import Pair
from parity.declaring.trace import Trace
from parity.errors import UnsampledError
from parity.judging import oracle
from parity.judging.comparison import compare
from parity.judging.elementwise import (
    largest_crossing,
    largest_gap,
    magnitude,
    nonfinite_mismatch,
)
from parity.judging.four_runs import Context, FourRuns
from parity.judging.verdict import OutputResult, Verdict

_ADVICE = {
    "reference": "so it cannot be compared against: seed its random numbers, or call it in "
    "evaluation mode",
    "candidate": "is it in training mode, with dropout on? call eval(), or seed its random numbers",
}


def judge_and_rerun(pair: Pair, runs: CaseRuns) -> tuple[list[OutputResult], list[str]]:
    """Judge a case, and run each side again if an output differs.

    Returns the verdicts and all notes. A nondeterministic reference makes a difference
    `not compared`; a nondeterministic candidate is noted.
    """
    outputs, notes = judge(pair, runs)
    traces = (("reference", runs.traces.reference32), ("candidate", runs.traces.candidate32))
    notes += [
        f"the {role} changes its input {name} in place"
        for role, trace in traces
        for name in trace.changed
    ]
    differing = (Verdict.DIFFERENT, Verdict.IMPRECISE)
    if not any(output.verdict in differing for output in outputs):
        return outputs, notes
    if note := find_nondeterminism(runs, "reference", pair.distributions):
        reason = "the reference is not deterministic here"
        outputs = [
            replace(output, verdict=Verdict.NOT_COMPARED, reason=reason)
            if output.verdict in differing
            else output
            for output in outputs
        ]
    else:
        note = find_nondeterminism(runs, "candidate", pair.distributions)
    return outputs, [*notes, note] if note else notes


def judge(pair: Pair, runs: CaseRuns) -> tuple[list[OutputResult], list[str]]:
    """Return the verdicts on a case's outputs, and notes on the case as a whole."""
    notes = list(runs.notes)
    traces, task = runs.traces, runs.task
    outputs = traces.map(Trace.named)
    context = Context(
        reduction=_longest_sum(traces.reference32),
        samples=pair.distributions,
        stored_dtypes=(traces.reference32.stored_dtypes, traces.candidate32.stored_dtypes),
        given=(*task.inputs.values(), *task.weights.values()),
    )
    results = compare(outputs, context)
    # Further runs are slow, so they are made only where they may change a verdict.
    try:
        if any(_may_be_sampling_error(result) for result in results):
            context = replace(context, reference_errors=runs.sample_errors())
            results = compare(outputs, context)
            notes.append(
                f"the reference's rounding error was sampled on {PERTURBED_RUNS} ulp-perturbed runs"
            )
        if any(_is_imprecise_gradient(result) for result in results) and (by := _crossed(outputs)):
            context = replace(context, gradient_jumps=runs.sample_jumps(2 * by))
            results = compare(outputs, context)
            notes.append(
                f"in float32, values of up to {by:.1g} are on the other side of a kink, "
                "so gradients may jump"
            )
    except UnsampledError as error:
        return [_indeterminate(result) for result in results], [*notes, str(error)]
    return results, notes


def _indeterminate(result: OutputResult) -> OutputResult:
    """Return `not compared` for a failure that may be a sampling error, which was not sampled."""
    if not _may_be_sampling_error(result):
        return result
    reason = (
        f"{result.verdict}, unless the reference's own rounding error is unusually small on this "
        f"input: {result.reason}"
    )
    return replace(result, verdict=Verdict.NOT_COMPARED, reason=reason)


def _may_be_sampling_error(result: OutputResult) -> bool:
    """Return whether an output may fail only because the reference's one error is too small."""
    if result.verdict.passes or result.max_abs_err_64 is None:
        return False
    if result.verdict is not Verdict.DIFFERENT:
        return True
    assert result.scale is not None
    assert result.ref_err is not None
    return oracle.may_be_sampling_error(result.scale, result.ref_err, result.max_abs_err_64)


def _is_imprecise_gradient(result: OutputResult) -> bool:
    return result.verdict is Verdict.IMPRECISE and result.name.startswith("grad/")


def _crossed(outputs: FourRuns[Arrays]) -> float:
    """Return how far from 0 the candidate's float32 outputs are on the wrong side of it."""
    return max(
        (
            largest_crossing(outputs.candidate32[name], array)
            for name, array in (outputs.reference64 or {}).items()
            if not name.startswith("grad/") and array.dtype.kind == "f"
        ),
        default=0.0,
    )


def _longest_sum(reference: Trace) -> int:
    """Return the longest sum to expect: over a weight's inputs, or over one record."""
    kernels = [shape for shape in reference.parameter_shapes.values() if len(shape) > 1]
    shapes = kernels or [array.shape[1:] for array in reference.outputs.values()]
    return max((dim for shape in shapes for dim in shape), default=1)


def find_nondeterminism(runs: CaseRuns, role: str, skipped: tuple[str, ...] = ()) -> str | None:
    """Run a side again on the same task, and return a note if an output changed.

    Runs in float64 if available. Rounding differences are allowed, as threads may sum in a
    different order each time.

    Args:
        runs: the runs in which the sides differ.
        role: "reference" or "candidate".
        skipped: outputs that are declared to be random.
    """
    traces = runs.traces
    single, double = (
        (traces.reference32, traces.reference64)
        if role == "reference"
        else (traces.candidate32, traces.candidate64)
    )
    first = double or single
    again, singles = runs.again(role, first.dtype).named(), single.named()
    for name, array in first.named().items():
        if name in skipped:
            continue
        if change := _change(array, again.get(name), singles.get(name)):
            return (
                f"the {role} is not deterministic: run twice on the same input, its {first.dtype} "
                f"output {name} {change}; {_ADVICE[role]}"
            )
    return None


def _change(array: Array, again: Array | None, single: Array | None) -> str:
    """Return what a second run changed beyond rounding; "" if nothing."""
    if again is None or again.shape != array.shape or again.dtype != array.dtype:
        return "has another shape or dtype"
    if array.dtype.kind != "f":
        return "" if np.array_equal(array, again) else "has other values"
    if nonfinite_mismatch(array, again) is not None:
        return "has NaN or infinity in other places"
    gap, scale = largest_gap(array, again).size, magnitude(array)
    error = 0.0
    if single is not None and single.shape == array.shape:
        error = largest_gap(single, array).size
    bounds = oracle.bounds(scale, error, error)
    allowed = bounds.logic if array.dtype == np.float64 else bounds.rounding
    return f"differs by {gap:.3g} at a scale of {scale:.3g}" if gap > allowed else ""
