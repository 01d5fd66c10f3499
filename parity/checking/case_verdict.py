"""Verdicts on a case's outputs, with ulp-perturbed runs where they may change a verdict."""

import math
from dataclasses import replace

from parity.arrays import Arrays
from parity.checking.case_runs import CaseRuns
from parity.checking.perturbed_runs import PERTURBED_RUNS, sample_moves
from parity.declaring.port import Pair
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError, UnsampledError
from parity.judging import oracle
from parity.judging.comparison import compare
from parity.judging.elementwise import largest_crossing
from parity.judging.four_runs import Context, FourRuns
from parity.judging.verdict import OutputResult, Verdict

_PERTURBED = "ulp-perturbed runs"


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
        float32_errors=runs.float32_errors,
        summed=_summed(task),
    )
    results = compare(outputs, context)
    if any(_lacks_float64(result) for result in results) and (moves := _moves(runs)):
        results = compare(outputs, replace(context, moves=moves))
        notes.append(f"the reference's float32 run was repeated on {PERTURBED_RUNS} {_PERTURBED}")
    # Further runs are slow, so they are made only where they may change a verdict.
    try:
        if any(_may_be_sampling_error(result) for result in results):
            context = replace(context, reference_errors=runs.sample_errors())
            results = compare(outputs, context)
            notes.append(
                f"the reference's rounding error was sampled on {PERTURBED_RUNS} {_PERTURBED}"
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


def _lacks_float64(result: OutputResult) -> bool:
    """Return whether an output fails by the bound for runs without float64."""
    compared = result.max_abs_err_32 is not None and result.max_abs_err_64 is None
    return compared and not result.verdict.passes


def _moves(runs: CaseRuns) -> dict[str, float]:
    """Return how far float32 moves the reference under ulp-perturbed inputs; empty if unknown."""
    try:
        return sample_moves(lambda task: runs.rerun(task, "float32"), runs.task)
    except ParityError:
        return {}


def _summed(task: Task) -> int:
    """Return how many terms a gradient by a weight sums: records, times frames or pixels."""
    shapes = [array.shape[:-1] for array in task.inputs.values() if array.ndim]
    return max((math.prod(shape) for shape in shapes), default=1)


def _longest_sum(reference: Trace) -> int:
    """Return the longest sum to expect: over a weight's inputs, or over one record."""
    kernels = [shape for shape in reference.parameter_shapes.values() if len(shape) > 1]
    shapes = kernels or [array.shape[1:] for array in reference.outputs.values()]
    return max((dim for shape in shapes for dim in shape), default=1)
