"""Verdicts on the outputs of a case, from nothing but the arrays of its four runs."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from parity.arrays import Array, Arrays
from parity.judging import cancellation, distributions, elementwise, oracle
from parity.judging.float64_comparison import compare_in_float64, nonfinite_mismatch
from parity.judging.four_runs import Context, FourRuns
from parity.judging.verdict import Element, OutputResult, Verdict

_EXACT_KINDS = "biuSU"


def compare(runs: FourRuns[Arrays], context: Context | None = None) -> list[OutputResult]:
    """Return a verdict for every output of either side, in the reference's order."""
    context = context or Context()

    # Computed only for failures, as it reads every array.
    @cache
    def leftover() -> oracle.Bounds:
        return cancellation.leftover(runs, context)

    names = {**runs.reference32, **runs.candidate32}
    results = [_compare_output(name, runs, context, leftover) for name in names]
    return cancellation.allow_propagated(results, runs, leftover)


def _compare_output(
    name: str, runs: FourRuns[Arrays], context: Context, leftover: Callable[[], oracle.Bounds]
) -> OutputResult:
    if name not in runs.candidate32:
        missing = f"the candidate has no such output; it has {_listed(runs.candidate32)}"
        own = runs.reference32[name]
        blank = OutputResult(name, Verdict.STRUCTURE, missing)
        return replace(blank, ref_shape=own.shape, ref_dtype=str(own.dtype))
    if name not in runs.reference32:
        missing = f"the reference has no such output; it has {_listed(runs.reference32)}"
        own = runs.candidate32[name]
        blank = OutputResult(name, Verdict.STRUCTURE, missing)
        return replace(blank, cand_shape=own.shape, cand_dtype=str(own.dtype))
    reference, candidate = runs.reference32[name], runs.candidate32[name]
    blank = OutputResult(
        name,
        Verdict.NOT_COMPARED,
        "",
        reference.shape,
        candidate.shape,
        *context.dtypes(name, runs),
    )
    if reason := _structure(blank):
        return replace(blank, verdict=Verdict.STRUCTURE, reason=reason)
    if reference.size == 0:
        return replace(blank, reason="no elements to compare")
    if name in context.samples:
        return _compare_samples(blank, reference, candidate)
    if reference.dtype.kind in _EXACT_KINDS:
        return _compare_exactly(blank, reference, candidate)
    if not _has_float64(blank, runs):
        return _compare_without_float64(blank, reference, candidate, context)
    return compare_in_float64(blank, runs, context, leftover)


def _listed(outputs: Arrays) -> str:
    own = [name for name in outputs if not name.startswith("grad/")]
    return ", ".join(own) or "none"


def _structure(blank: OutputResult) -> str:
    if blank.ref_shape != blank.cand_shape:
        return f"shape {blank.cand_shape}, expected {blank.ref_shape}"
    if blank.ref_dtype != blank.cand_dtype:
        return f"dtype {blank.cand_dtype}, expected {blank.ref_dtype}"
    return ""


def _has_float64(blank: OutputResult, runs: FourRuns[Arrays]) -> bool:
    """Return whether float64 can judge an output: not if it is half precision in any run."""
    if runs.reference64 is None or runs.candidate64 is None:
        return False
    if blank.ref_dtype not in ("float16", "bfloat16"):
        return True
    doubles = (runs.reference64.get(blank.name), runs.candidate64.get(blank.name))
    return all(array is not None and array.dtype == np.float64 for array in doubles)


def _compare_samples(blank: OutputResult, reference: Array, candidate: Array) -> OutputResult:
    if reference.size < distributions.FEWEST and np.ptp(reference) > 0:
        reason = f"{reference.size} values are too few to compare distributions"
        return replace(blank, reason=reason)
    found = distributions.compare(reference, candidate)
    return replace(
        blank,
        verdict=Verdict.EQUIVALENT if found.same else Verdict.DIFFERENT,
        reason=found.text,
        compared=reference.size,
    )


def _compare_exactly(blank: OutputResult, reference: Array, candidate: Array) -> OutputResult:
    unequal = reference != candidate
    if not unequal.any():
        return replace(blank, verdict=Verdict.IDENTICAL, compared=reference.size)
    first = tuple(int(i) for i in np.argwhere(unequal)[0])
    return replace(
        blank,
        verdict=Verdict.DIFFERENT,
        reason=f"{int(unequal.sum())} of {unequal.size} elements differ",
        compared=reference.size,
        worst=Element.at(first, reference, candidate),
    )


def _compare_without_float64(
    blank: OutputResult, reference: Array, candidate: Array, context: Context
) -> OutputResult:
    if mismatch := nonfinite_mismatch(blank, reference, candidate, str(reference.dtype)):
        return mismatch
    compared = elementwise.count_finite(reference)
    if not compared:
        return replace(blank, reason="no finite element to compare")
    gap, scale = elementwise.largest_gap(reference, candidate), elementwise.magnitude(reference)
    dtype = blank.ref_dtype if blank.ref_dtype in oracle.EPS_OF else "float32"
    assert dtype is not None
    reduction, limit = context.reduction, oracle.fallback_limit(scale, dtype)
    allowed = oracle.fallback_bound(scale, reduction, dtype)
    if blank.name.startswith("grad/weight/"):
        # As far as that leaves a useful bound.
        most = max(reduction, int(limit / (oracle.fallback_bound(scale, 1, dtype) or 1.0)))
        reduction = max(reduction, min(context.summed, most))
        allowed = oracle.fallback_bound(scale, reduction, dtype)
    # What float32 moves the reference by, in runs moved by an ulp, is rounding as well.
    moves = oracle.ROUNDING_FACTOR * context.moves.get(blank.name, 0.0)
    result = replace(blank, compared=compared, scale=scale, max_abs_err_32=gap.size)
    without = f"no float64 run; bound {allowed:.2g} from {dtype} and sums of {reduction} terms"
    if moves > allowed:
        allowed = max(allowed, min(moves, limit))
        without = f"no float64 run; bound {allowed:.2g} from the reference's ulp-perturbed runs"
    if elementwise.same_bits(reference, candidate):
        return replace(result, verdict=Verdict.IDENTICAL, reason=without)
    if allowed > limit:
        reason = f"no float64 run, and no useful bound in {dtype} for sums of {reduction} terms"
        return replace(result, reason=reason)
    if gap.size <= allowed:
        return replace(result, verdict=Verdict.EQUIVALENT, reason=without)
    return replace(
        result,
        verdict=Verdict.DIFFERENT,
        reason=f"differs by {gap.size:.3g} at a scale of {scale:.3g} ({without})",
        worst=Element.at(gap.index, reference, candidate),
    )
