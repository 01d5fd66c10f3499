"""Bounds between rounding and a mistake, derived from the runs themselves and never tuned.

float64 is the oracle. The error of a side's float32 run against it shows how much rounding its
computation suffers on these particular inputs; both bounds follow from it:

- logic: the float64 runs may differ by the larger of the two sides' errors, scaled down by the
ratio of the two precisions. A mistake cannot hide behind the error that it causes: it is as
large in float64 as in float32, but rounding in float64 is half a billion times smaller.
- rounding: in float32, the candidate may be as far off as the reference is, times a small factor.

Both have a floor of a few units in the last place (ulps) of the tensor's own scale, for
computations that happen to be exact.
"""

from dataclasses import dataclass

import numpy as np

EPS32 = float(np.finfo(np.float32).eps)
EPS64 = float(np.finfo(np.float64).eps)
# The smallest normal float32. Anything smaller may be flushed to zero: frameworks set their threads
# to do so at different times.
TINY32 = float(np.finfo(np.float32).tiny)

# The candidate's float32 error may be this many times the reference's. Summing the same terms in
# another order changes the largest error in a tensor by a factor of 2 to 3, rarely of 5; 8 is the
# next power of two.
ROUNDING_FACTOR = 8.0
# The float64 runs may differ by this many times a side's float32 error scaled down to float64. Both
# of them round, and one error is itself only a sample, so more room is needed: 64.
LOGIC_FACTOR = 64.0
# The share of a jump at a kink that counts as an error: with ROUNDING_FACTOR, twice the jump seen
# in the reference, as more kinks may be crossed at once than by any one ulp-perturbed run.
JUMP_SHARE = 2.0 / ROUNDING_FACTOR
# Beyond this relative bound, a check without float64 would let too much through.
FALLBACK_LIMIT = 1e-3
# One unit in the last place of 1, by the dtype of an output.
EPS_OF = {"float32": EPS32, "float16": 2.0**-10, "bfloat16": 2.0**-7}
# The floor, in ulps of the tensor's scale: a handful of roundings.
FLOOR_ULPS = 4.0


@dataclass(frozen=True)
class Bounds:
    """The largest absolute errors that still count as rounding."""

    logic: float
    rounding: float


def bounds(
    scale: float, reference_error: float, candidate_error: float, float32_error: float = 0.0
) -> Bounds:
    """Return the bounds for a tensor whose largest true magnitude is `scale`.

    The errors are the largest absolute differences of each side's float32 run from the reference's
    float64 run. `float32_error` is how far operations that compute in float32 in a float64 run may
    be off; 0 without any.
    """
    floor = FLOOR_ULPS * EPS32 * scale
    # A candidate's error beyond both the scale and the allowed rounding says nothing about
    # rounding, and must not loosen the check.
    rounded = min(candidate_error, max(scale, ROUNDING_FACTOR * reference_error))
    either = max(floor, reference_error, rounded)
    return Bounds(
        logic=max(LOGIC_FACTOR * EPS64 / EPS32 * either, ROUNDING_FACTOR * float32_error),
        rounding=ROUNDING_FACTOR * max(floor, reference_error, float32_error, TINY32),
    )


def may_be_sampling_error(scale: float, reference_error: float, gap: float) -> bool:
    """Return whether float64 runs that differ by `gap` may be right, and the bound too small.

    One run's error is a sample. Correct runs may exceed the bound only if the largest bound that an
    error within the scale can give would let the gap pass, or if float32 says nothing about the
    value: a sum that cancels to zero but for rounding may be exactly zero in float32 on both sides.
    """
    return gap <= bounds(scale, scale, scale).logic or reference_error >= scale / 2


def observed_rounding(reference_error: float, candidate_error: float) -> float:
    """Return the larger of two samples of a tensor's float32 rounding.

    The candidate's counts only as far as it can be rounding.
    """
    return max(reference_error, min(candidate_error, ROUNDING_FACTOR * reference_error))


def is_rounding_of_zero(magnitude: float, error: float) -> bool:
    """Return whether a float64 value can be the rounding of a sum that cancels to zero.

    Gradients of a bias before a softmax are an example. In float64 such a value is smaller than the
    float32 `error` by the ratio of the precisions, with a factor for the spread of errors.
    """
    return magnitude <= ROUNDING_FACTOR * EPS64 / EPS32 * error


def cancellation_bounds(magnitude: float, reduction: int) -> Bounds:
    """Return what rounding leaves of numbers of `magnitude` that cancel, in either precision.

    A few of their ulps, or the classical worst case (`fallback_bound`) if that is more.

    Args:
        magnitude: the size of the numbers. At least 1 is assumed: terms of a sum that is 1 (a
            softmax), values that saturate at 1 (a gate), and gradients all start there.
        reduction: the longest sum.
    """
    magnitude = max(magnitude, 1.0)
    return Bounds(
        logic=max(LOGIC_FACTOR, reduction) * EPS64 * magnitude,
        rounding=max(ROUNDING_FACTOR * FLOOR_ULPS, reduction) * EPS32 * magnitude,
    )


def is_zero_to_rounding(single: float, double: float, gap: float, left: Bounds) -> bool:
    """Return whether one side's values are zero up to rounding, judging by that side alone.

    float32 then says nothing about the float64 values (a `gap` of at least half of them, where real
    values agree in many digits), and both runs stay within what rounding leaves of numbers that
    cancel. A sum that cancels is exactly zero as often as not, so no error shows it.

    Args:
        single: the largest magnitude of the float32 run.
        double: the largest magnitude of the float64 run.
        gap: the largest difference between the two.
        left: what rounding leaves (`cancellation_bounds`).
    """
    return gap >= double / 2 and single <= left.rounding and double <= left.logic


def fallback_bound(scale: float, reduction: int, dtype: str = "float32") -> float:
    """Return the bound where a side cannot run in float64.

    The classical worst case for a sum of `reduction` terms of size `scale` in the output's dtype,
    for both sides together: 2 n u, with u = eps / 2 (N. J. Higham, Accuracy and Stability of
    Numerical Algorithms, chapter 4).
    """
    return reduction * EPS_OF[dtype] * scale


def fallback_limit(scale: float, dtype: str = "float32") -> float:
    """Return the largest useful bound without float64; for half precision at least a few ulps."""
    return max(FALLBACK_LIMIT, FLOOR_ULPS * EPS_OF[dtype] * (dtype != "float32")) * scale
