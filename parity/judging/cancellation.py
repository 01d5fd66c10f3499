"""Results that cancel to zero, leaving only rounding, about which float32 says nothing.

The simplest example is one minus a saturated gate. In float32 the gate is 1 and the difference is
exactly 0, without any visible error; in float64 the gate is not quite 1 and the difference is
mostly rounding. No error of a float32 run predicts that, but the size of the numbers that may have
cancelled does.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.judging import oracle
from parity.judging.elementwise import largest_gap, magnitude
from parity.judging.four_runs import Context, FourRuns
from parity.judging.verdict import OutputResult, Verdict

# In float32, a larger number absorbs anything near 1 that is added to it. It represents infinity
# (usually a mask) or is never added to anything (a date), so nothing cancels against it.
_ABSORBS = 1 / oracle.EPS32

_PROPAGATED = "equal except for the effect of elements elsewhere that are zero up to rounding"


@dataclass(frozen=True)
class Sizes:
    """Largest magnitude of some numbers, and of those that float32 can add to others."""

    largest: float = 0.0
    ordinary: float = 0.0


def sizes_of(arrays: Iterable[Array]) -> Sizes:
    """Return the sizes of the numbers in the floating ones of the arrays."""
    largest = ordinary = 0.0
    for array in arrays:
        if array.dtype.kind == "f":
            size = magnitude(array)
            largest = max(largest, size)
            if size > _ABSORBS:
                size = magnitude(array[np.abs(array) <= _ABSORBS])
            ordinary = max(ordinary, size)
    return Sizes(largest, ordinary)


def leftover(runs: FourRuns[Arrays], context: Context) -> oracle.Bounds:
    """Return what rounding may leave of numbers that cancel anywhere in a case.

    The numbers are those that the layer was given and those that the reference returns. Numbers
    too large to be added to others count only as far as the reference's own float32 errors, which
    are their ulps, show them in any output.
    """
    outputs = runs.reference64 or {}
    sizes = sizes_of([*context.given, *outputs.values()])
    error = max(
        (
            largest_gap(runs.reference32[name], array).size
            for name, array in outputs.items()
            if array.dtype.kind == "f" and array.shape == runs.reference32[name].shape
        ),
        default=0.0,
    )
    largest = max(sizes.ordinary, min(sizes.largest, error / oracle.EPS32))
    return oracle.cancellation_bounds(largest, context.reduction)


def is_zero_to_rounding(output: FourRuns[Array], left: oracle.Bounds) -> bool:
    """Return whether an output is zero up to rounding on both sides."""
    return all(
        oracle.is_zero_to_rounding(
            magnitude(single), magnitude(double), largest_gap(single, double).size, left
        )
        for single, double in output.by_side
    )


def indeterminate(output: FourRuns[Array], left: oracle.Bounds) -> Array:
    """Return a mask of the elements that float32 cannot determine and that differ by rounding only.

    In float32 they are 0, or nothing but error, on both sides, as numbers that cancel leave them;
    in float64 the sides differ by no more than rounding leaves of such numbers.
    """
    reference64, candidate64 = output.both64
    with np.errstate(invalid="ignore"):
        found = np.abs(reference64 - candidate64) <= left.logic
        for single, double in output.by_side:
            size = np.abs(double)
            found &= np.abs(single - double) >= size / 2
            found &= (np.abs(single) <= left.rounding) & (size <= left.rounding)
    return np.asarray(found)


def allow_propagated(
    results: list[OutputResult], runs: FourRuns[Arrays], leftover: Callable[[], oracle.Bounds]
) -> list[OutputResult]:
    """Return the verdicts, with the effect of indeterminate elements on other outputs allowed.

    An element that float32 cannot determine (a saturated gate) is a term of the next output, whose
    other terms float32 may well determine. So an output as small as cancellation may leave it may
    differ, relative to its scale, by as much as indeterminate elements do elsewhere, times the
    factor between one rounding and another; but never by more than float32 errors of the size of
    its scale allow.
    """
    if not any(result.verdict is Verdict.DIFFERENT for result in results):
        return results
    left = leftover()
    small = [r.verdict is Verdict.DIFFERENT and _may_be_leftover(r, left) for r in results]
    if not any(small):
        return results
    share = oracle.ROUNDING_FACTOR * _indeterminate_share(runs, left)
    return [
        replace(result, verdict=Verdict.EQUIVALENT, reason=_PROPAGATED, worst=None)
        if may and (result.max_abs_err_64 or 0.0) <= share * (result.scale or 0.0)
        else result
        for result, may in zip(results, small, strict=True)
    ]


def _may_be_leftover(result: OutputResult, left: oracle.Bounds) -> bool:
    scale, own = result.scale, result.ref_err
    gap, error = result.max_abs_err_64, result.cand_err
    if scale is None or own is None or gap is None or error is None:
        return False
    return (
        scale <= left.rounding
        and gap <= oracle.bounds(scale, scale, scale).logic
        and error <= oracle.bounds(scale, own, error).rounding
    )


def _indeterminate_share(runs: FourRuns[Arrays], left: oracle.Bounds) -> float:
    """Return the largest float64 difference of indeterminate elements, relative to their scale."""
    largest_share = 0.0
    for name, reference64 in (runs.reference64 or {}).items():
        reference32, candidate32 = runs.reference32[name], runs.candidate32.get(name)
        candidate64 = (runs.candidate64 or {}).get(name)
        if (
            reference64.dtype.kind == "f"
            and candidate32 is not None
            and candidate64 is not None
            and candidate32.shape == candidate64.shape == reference64.shape == reference32.shape
        ):
            output = FourRuns(reference32, candidate32, reference64, candidate64)
            mask = indeterminate(output, left)
            gap = largest_gap(reference64[mask], candidate64[mask]).size
            largest_share = max(largest_share, gap / (magnitude(reference64) or np.inf))
    return largest_share
