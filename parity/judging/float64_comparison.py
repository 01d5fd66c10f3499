"""One output held to float64, the truth: is what it differs by rounding?"""

from dataclasses import replace

import numpy as np

from parity.arrays import Array
from parity.judging import cancellation, elementwise, oracle
from parity.judging.cancellation import Four
from parity.judging.case_outputs import Runs
from parity.judging.verdict import Element, OutputResult, Verdict

_HALF = (
    "; of the size of float32 rounding: is a part computed in float32? "
    "(TensorFlow's gelu keeps a constant so)"
)

_SPREAD = "but for what is zero to rounding elsewhere on both sides"


def element(
    index: tuple[int, ...], reference: Array, candidate: Array, dtype: str | None = None
) -> Element:
    """One element, as both sides have it."""
    return Element(
        tuple(int(i) for i in index),
        repr(reference[index].item()),
        repr(candidate[index].item()),
        dtype or str(reference.dtype),
    )


def one_sided(
    blank: OutputResult, reference: Array, candidate: Array, dtype: str
) -> OutputResult | None:
    """The verdict for NaN or infinity on one side only; None if there is none."""
    unlike = elementwise.unlike_nonfinite(reference, candidate)
    if unlike is None:
        return None
    return replace(
        blank,
        verdict=Verdict.STRUCTURE,
        reason=f"NaN or infinity on one side only, in {unlike.count} elements",
        compared=reference.size,
        worst=element(unlike.first, reference, candidate, dtype),
    )


def hold(blank: OutputResult, name: str, runs: Runs) -> OutputResult:
    """The verdict of the output `name`, of which there is a float64 run on both sides."""
    assert runs.reference64 is not None
    assert runs.candidate64 is not None
    ref32, cand32 = runs.reference32[name], runs.candidate32[name]
    if name not in runs.reference64 or name not in runs.candidate64:
        return replace(blank, verdict=Verdict.STRUCTURE, reason="an output of the float32 run only")
    ref64, cand64 = runs.reference64[name], runs.candidate64[name]
    for array, side in ((ref64, "reference"), (cand64, "candidate")):
        if array.dtype != np.float64 or array.shape != ref32.shape:
            return replace(
                blank,
                verdict=Verdict.STRUCTURE,
                reason=f"the {side}'s float64 run gave {array.dtype} {array.shape}; its factory "
                "is to build the layer in the dtype that it is handed",
            )
    for one, other, dtype in ((ref64, cand64, "float64"), (ref32, cand32, "float32")):
        if broken := one_sided(blank, one, other, dtype):
            return broken
    compared = elementwise.finite(ref32, ref64)
    if not compared:
        return replace(blank, reason="no finite element to compare")
    if compared < elementwise.finite(ref32):
        return replace(blank, reason="float64 is NaN or infinite where float32 is not")
    scale, own = elementwise.magnitude(ref64), elementwise.largest_gap(ref32, ref64).size
    sampled = runs.reference_errors.get(name, 0.0)
    blank = replace(blank, compared=compared, scale=scale, ref_err=max(own, sampled))
    four = Four(ref32, cand32, ref64, cand64)
    result = _judge(blank, four)
    if not result.verdict.passes and (reason := _excuse(blank, four, runs)):
        return replace(result, verdict=Verdict.EQUIVALENT, reason=reason, worst=None)
    if result.verdict is Verdict.IMPRECISE and name in runs.jumps:
        return _across_a_kink(result, runs.jumps[name], four)
    return result


def _excuse(blank: OutputResult, four: Four, runs: Runs) -> str:
    """Why what failed is rounding after all, as numbers cancel; "" if it is not."""
    left = oracle.cancelled(cancellation.largest(runs), runs.reduction)
    if four.nothing(left):
        return "zero to rounding on both sides"
    untold = four.untold(left)
    if not untold.any() or not _judge(blank, four.without(untold)).verdict.passes:
        return ""
    return f"{int(untold.sum())} of {untold.size} elements are zero to rounding on both sides"


def _across_a_kink(result: OutputResult, jump: float, four: Four) -> OutputResult:
    """An imprecise gradient, allowed to jump; float64 is allowed nothing for that."""
    assert result.scale is not None
    assert result.ref_err is not None
    assert result.max_abs_err_64 is not None
    if result.max_abs_err_64 > oracle.bounds(result.scale, result.ref_err, 0.0).logic:
        return result
    error = max(result.ref_err, oracle.JUMP_SHARE * jump)
    return _judge(replace(result, ref_err=error, reason="", worst=None), four)


def spread(results: list[OutputResult], runs: Runs) -> list[OutputResult]:
    """The verdicts, with what is left of numbers that cancel allowed to go on into other outputs.

    What float32 cannot tell in one output (one gate that saturates) is a term of the next, whose
    other terms float32 may tell well. So an output that is as small as what may be left of such
    numbers may differ, of its scale, by as much as untold elements elsewhere do of theirs, with the
    room of one rounding beside another; but never by more than float32 errors of the scale allow.
    """
    left = oracle.cancelled(cancellation.largest(runs), runs.reduction)
    small = [r.verdict is Verdict.DIFFERENT and _may_be_left(r, left) for r in results]
    if not any(small):
        return results
    share = oracle.ROUNDING_FACTOR * cancellation.untold_share(runs, left)
    return [
        replace(result, verdict=Verdict.EQUIVALENT, reason=_SPREAD, worst=None)
        if may and (result.max_abs_err_64 or 0.0) <= share * (result.scale or 0.0)
        else result
        for result, may in zip(results, small, strict=True)
    ]


def _may_be_left(result: OutputResult, left: oracle.Bounds) -> bool:
    scale, own, gap, error = (
        result.scale,
        result.ref_err,
        result.max_abs_err_64,
        result.cand_err,
    )
    if scale is None or own is None or gap is None or error is None:
        return False
    return (
        scale <= left.rounding
        and gap <= oracle.bounds(scale, scale, scale).logic
        and error <= oracle.bounds(scale, own, error).rounding
    )


def _judge(blank: OutputResult, four: Four) -> OutputResult:
    ref32, cand32, ref64, cand64 = four
    gap64 = elementwise.largest_gap(ref64, cand64)
    gap32 = elementwise.largest_gap(cand32, ref64)
    assert blank.scale is not None
    assert blank.ref_err is not None
    scale = blank.scale
    bounds = oracle.bounds(scale, blank.ref_err, gap32.size)
    result = replace(
        blank,
        max_abs_err_32=elementwise.largest_gap(ref32, cand32).size,
        max_abs_err_64=gap64.size,
        cand_err=gap32.size,
    )
    if gap64.size > bounds.logic:
        half = 1e-3 * oracle.EPS32 * scale < gap64.size < 4 * oracle.EPS32 * scale
        return replace(
            result,
            verdict=Verdict.DIFFERENT,
            reason=f"float64 runs differ by {gap64.size:.3g} at a scale of {scale:.3g} "
            f"(rounding allows {bounds.logic:.2g})" + (_HALF if half else ""),
            worst=element(gap64.index, ref64, cand64, "float64"),
        )
    if gap32.size > bounds.rounding:
        return replace(
            result,
            verdict=Verdict.IMPRECISE,
            reason=f"float32 error {gap32.size:.3g} at a scale of {scale:.3g}, "
            f"the reference's is {blank.ref_err:.3g} (allowed {bounds.rounding:.2g})",
            worst=element(gap32.index, ref32, cand32, "float32"),
        )
    if blank.ref_err > scale:
        return _judge_noise(result, cand64)
    same = elementwise.same_bits(ref32, cand32)
    return replace(result, verdict=Verdict.IDENTICAL if same else Verdict.EQUIVALENT)


def _judge_noise(result: OutputResult, cand64: Array) -> OutputResult:
    """Where the reference's float32 error exceeds the values, nothing but zero can be told."""
    assert result.scale is not None
    assert result.ref_err is not None
    assert result.cand_err is not None
    error = oracle.rounding_seen(result.ref_err, result.cand_err)
    magnitudes = (result.scale, elementwise.magnitude(cand64))
    if all(oracle.vanishes(magnitude, error) for magnitude in magnitudes):
        return replace(result, verdict=Verdict.EQUIVALENT, reason="zero to rounding on both sides")
    return replace(
        result,
        reason="float32 is worthless here: the reference's own error, "
        f"{result.ref_err:.3g}, exceeds the values, {result.scale:.3g}",
    )
