"""Verdict on one floating output, compared against float64: is its difference rounding?"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.judging import cancellation, elementwise, oracle
from parity.judging.four_runs import Context, FourRuns
from parity.judging.verdict import Element, OutputResult, Verdict

_HALF = "; this is the size of float32 rounding: is part of it computed in float32?"


def nonfinite_mismatch(
    blank: OutputResult, reference: Array, candidate: Array, dtype: str
) -> OutputResult | None:
    """Return the verdict for NaN or infinity on one side only; None if there is none."""
    mismatch = elementwise.nonfinite_mismatch(reference, candidate)
    if mismatch is None:
        return None
    return replace(
        blank,
        verdict=Verdict.STRUCTURE,
        reason=f"NaN or infinity on one side only, in {mismatch.count} elements",
        compared=reference.size,
        worst=Element.at(mismatch.first, reference, candidate, dtype),
    )


def compare_in_float64(
    blank: OutputResult,
    runs: FourRuns[Arrays],
    context: Context,
    leftover: Callable[[], oracle.Bounds],
) -> OutputResult:
    """Return the verdict on an output of which both sides have a float64 run.

    Args:
        blank: the result so far: name, shapes and dtypes.
        runs: all outputs of the case.
        context: what else the verdict depends on.
        leftover: what rounding leaves of numbers that cancel, as in `cancellation.leftover`.
    """
    name = blank.name
    if any(name not in double for double in runs.both64):
        return replace(blank, verdict=Verdict.STRUCTURE, reason="missing from a float64 run")
    output = runs.map(lambda arrays: arrays[name])
    if unusable := _unusable(blank, output):
        return unusable
    ref32, (ref64, _) = output.reference32, output.both64
    own = elementwise.largest_gap(ref32, ref64).size
    blank = replace(
        blank,
        compared=elementwise.count_finite(ref32, ref64),
        scale=elementwise.magnitude(ref64),
        ref_err=max(own, context.reference_errors.get(name, 0.0)),
        float32_err=context.float32_errors.get(name) or None,
    )
    result = _judge(blank, output)
    if result.verdict.passes:
        return result
    if reason := _cancellation(blank, output, leftover()):
        return replace(result, verdict=Verdict.EQUIVALENT, reason=reason, worst=None)
    if result.verdict is Verdict.IMPRECISE and name in context.gradient_jumps:
        return _allow_jump(result, context.gradient_jumps[name], output)
    return result


def _unusable(blank: OutputResult, output: FourRuns[Array]) -> OutputResult | None:
    """Return the verdict on arrays that have no finite differences; None if they have some."""
    ref32, cand32, (ref64, cand64) = output.reference32, output.candidate32, output.both64
    for array, role in ((ref64, "reference"), (cand64, "candidate")):
        if array.dtype != np.float64 or array.shape != ref32.shape:
            return replace(
                blank,
                verdict=Verdict.STRUCTURE,
                reason=f"the {role}'s float64 run returned {array.dtype} {array.shape}; its "
                "factory must build the layer in the dtype that it receives",
            )
    for one, other, dtype in ((ref64, cand64, "float64"), (ref32, cand32, "float32")):
        if mismatch := nonfinite_mismatch(blank, one, other, dtype):
            return mismatch
    compared = elementwise.count_finite(ref32, ref64)
    if not compared:
        return replace(blank, reason="no finite element to compare")
    if compared < elementwise.count_finite(ref32):
        return replace(blank, reason="float64 is NaN or infinite where float32 is not")
    return None


def _cancellation(blank: OutputResult, output: FourRuns[Array], left: oracle.Bounds) -> str:
    """Return why a failing output is only rounding because numbers cancel; "" if it is not."""
    if cancellation.is_zero_to_rounding(output, left):
        return "zero up to rounding on both sides"
    mask = cancellation.indeterminate(output, left)
    # Its float32 run stays as it is: that is judged by the rounding of the whole output.
    reference64, candidate64 = output.both64
    without = replace(output, candidate64=np.where(mask, reference64, candidate64))
    if not mask.any() or not _judge(blank, without).verdict.passes:
        return ""
    return f"{int(mask.sum())} of {mask.size} elements are zero up to rounding on both sides"


def _allow_jump(result: OutputResult, jump: float, output: FourRuns[Array]) -> OutputResult:
    """Judge an imprecise gradient again, allowing it to jump in float32, but not in float64."""
    assert result.scale is not None
    assert result.ref_err is not None
    assert result.max_abs_err_64 is not None
    if result.max_abs_err_64 > oracle.bounds(result.scale, result.ref_err, 0.0).logic:
        return result
    error = max(result.ref_err, oracle.JUMP_SHARE * jump)
    return _judge(replace(result, ref_err=error, reason="", worst=None), output)


def _judge(blank: OutputResult, output: FourRuns[Array]) -> OutputResult:
    ref32, cand32, (ref64, cand64) = output.reference32, output.candidate32, output.both64
    gap64 = elementwise.largest_gap(ref64, cand64)
    gap32 = elementwise.largest_gap(cand32, ref64)
    assert blank.scale is not None
    assert blank.ref_err is not None
    scale = blank.scale
    bounds = oracle.bounds(scale, blank.ref_err, gap32.size, blank.float32_err or 0.0)
    result = replace(
        blank,
        max_abs_err_32=elementwise.largest_gap(ref32, cand32).size,
        max_abs_err_64=gap64.size,
        cand_err=gap32.size,
    )
    if gap64.size > bounds.logic:
        half = (
            not blank.float32_err
            and 1e-3 * oracle.EPS32 * scale < gap64.size < 4 * oracle.EPS32 * scale
        )
        return replace(
            result,
            verdict=Verdict.DIFFERENT,
            reason=f"float64 runs differ by {gap64.size:.3g} at a scale of {scale:.3g} "
            f"(rounding allows {bounds.logic:.2g})" + (_HALF if half else ""),
            worst=Element.at(gap64.index, ref64, cand64, "float64"),
        )
    if gap32.size > bounds.rounding:
        return replace(
            result,
            verdict=Verdict.IMPRECISE,
            reason=f"float32 error {gap32.size:.3g} at a scale of {scale:.3g}, "
            f"the reference's is {blank.ref_err:.3g} (allowed {bounds.rounding:.2g})",
            worst=Element.at(gap32.index, ref32, cand32, "float32"),
        )
    if blank.ref_err > scale:
        return _judge_noise(result, cand64)
    same = elementwise.same_bits(ref32, cand32)
    return replace(result, verdict=Verdict.IDENTICAL if same else Verdict.EQUIVALENT)


def _judge_noise(result: OutputResult, cand64: Array) -> OutputResult:
    """Judge an output whose float32 error exceeds its values: only zero can be recognised."""
    assert result.scale is not None
    assert result.ref_err is not None
    assert result.cand_err is not None
    error = oracle.observed_rounding(result.ref_err, result.cand_err)
    magnitudes = (result.scale, elementwise.magnitude(cand64))
    if all(oracle.is_rounding_of_zero(magnitude, error) for magnitude in magnitudes):
        return replace(
            result, verdict=Verdict.EQUIVALENT, reason="zero up to rounding on both sides"
        )
    return replace(
        result,
        reason="float32 is meaningless here: the reference's own error, "
        f"{result.ref_err:.3g}, exceeds the values, {result.scale:.3g}",
    )
