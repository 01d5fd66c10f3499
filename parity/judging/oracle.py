"""Where rounding ends and a mistake begins: the bounds of a verdict, derived and never tuned.

float64 is the oracle. A side's own float32 error against it tells how much rounding its
computation, on these very inputs, suffers; both bounds follow from it:

- logic: shrunk by the ratio of the two precisions, the larger of the two sides' errors is what the
  float64 runs may differ by. A mistake cannot hide behind the error that it makes itself: it would
  be as large in float64 as in float32, where rounding is a thousand million times smaller.
- rounding: as it stands, the reference's error is what the candidate's may be in float32.

Both have a floor of a few units in the last place of the tensor's own scale, for where the
computation happens to be exact.
"""

from dataclasses import dataclass

import numpy as np

EPS32 = float(np.finfo(np.float32).eps)
EPS64 = float(np.finfo(np.float64).eps)
# The smallest normal float32. What is smaller may be flushed to zero: frameworks set their threads
# to do so, each at times of its own.
TINY32 = float(np.finfo(np.float32).tiny)

# How many times the reference's error the candidate's may be in float32. Another order of summation
# of the same terms changes the largest error in a tensor by a factor of 2 to 3, rarely of 5;
# 8 is the next power of two.
ROUNDING_FACTOR = 8.0
# What the float64 runs may differ by, in units of a side's float32 error scaled down to float64.
# Both round there, and one error figure is itself a sample, so more room is needed: 64.
LOGIC_FACTOR = 64.0
# What of a jump at a kink counts as an error: with ROUNDING_FACTOR, twice what the reference was
# seen to jump, as more kinks may be crossed at once than any one neighbour crosses.
JUMP_SHARE = 2.0 / ROUNDING_FACTOR
# Beyond this relative bound a check without float64 would let too much through to be one.
FALLBACK_LIMIT = 1e-3
# One unit in the last place of 1, by the dtype that an output is held in.
EPS_OF = {"float32": EPS32, "float16": 2.0**-10, "bfloat16": 2.0**-7}
# The floor, in ulps of the tensor's scale: a handful of roundings on the way.
FLOOR_ULPS = 4.0


@dataclass(frozen=True)
class Bounds:
    """The largest absolute errors that still count as rounding."""

    logic: float
    rounding: float


def bounds(scale: float, reference_error: float, candidate_error: float) -> Bounds:
    """Bounds for a tensor whose largest true magnitude is `scale`.

    The errors are the largest absolute differences of either side's float32 run from the
    reference's float64 run.
    """
    floor = FLOOR_ULPS * EPS32 * scale
    # A candidate's error beyond both the scale and what it may round says nothing of rounding, and
    # must not loosen the check.
    rounded = min(candidate_error, max(scale, ROUNDING_FACTOR * reference_error))
    either = max(floor, reference_error, rounded)
    return Bounds(
        logic=LOGIC_FACTOR * EPS64 / EPS32 * either,
        rounding=ROUNDING_FACTOR * max(floor, reference_error, TINY32),
    )


def may_be_luck(scale: float, reference_error: float, gap: float) -> bool:
    """Whether float64 runs that differ by `gap` may yet be right ones, the bound a lucky one.

    It is where the largest bound that an error within the scale gives would let the gap pass, and
    where float32 tells nothing of the value: a sum that cancels to zero but for rounding may by
    luck be exactly zero in float32, on both sides.
    """
    return gap <= bounds(scale, scale, scale).logic or reference_error >= scale / 2


def rounding_seen(reference_error: float, candidate_error: float) -> float:
    """The larger of two samples of what float32 rounding does to a tensor.

    The candidate's counts as far as it may be rounding at all.
    """
    return max(reference_error, min(candidate_error, ROUNDING_FACTOR * reference_error))


def vanishes(magnitude: float, error: float) -> bool:
    """Whether a float64 value is nothing but the rounding of a sum that cancels to zero.

    So are, for instance, the gradients of a bias that a softmax cannot tell. In float64 such a
    value is smaller than in float32 by the ratio of the two precisions, with the same room as one
    rounding has beside another.
    """
    return magnitude <= ROUNDING_FACTOR * EPS64 / EPS32 * error


def cancelled(magnitude: float, reduction: int) -> Bounds:
    """What rounding leaves of numbers of `magnitude` that cancel, in either precision.

    Some ulps of them, or the classical worst case (`fallback_bound`) if that is more.

    Args:
        magnitude: it counts as 1 at least, which what sums to 1 has within (a softmax), what
            saturates at 1 (a gate), and gradients begin with.
        reduction: the longest sum.
    """
    magnitude = max(magnitude, 1.0)
    return Bounds(
        logic=max(LOGIC_FACTOR, reduction) * EPS64 * magnitude,
        rounding=max(ROUNDING_FACTOR * FLOOR_ULPS, reduction) * EPS32 * magnitude,
    )


def is_nothing(single: float, double: float, gap: float, left: Bounds) -> bool:
    """Whether one side's values are zero but for rounding, seen from that side alone.

    float32 then tells nothing of the float64 values (a `gap` of half of them at least, where real
    ones agree in many digits), and both runs stay within what rounding leaves of numbers that
    cancel. A sum that cancels is exactly zero as often as not, so that no error figure shows it.

    Args:
        single: the largest magnitude of the float32 run.
        double: that of the float64 run.
        gap: the largest difference between the two.
        left: what rounding leaves (`cancelled`).
    """
    return gap >= double / 2 and single <= left.rounding and double <= left.logic


def fallback_bound(scale: float, reduction: int, dtype: str = "float32") -> float:
    """The bound where a side cannot run in float64.

    The classical worst case for a sum of `reduction` terms of size `scale` in the output's dtype,
    for both sides together: 2 n u, with u = eps / 2 (N. J. Higham, Accuracy and Stability of
    Numerical Algorithms, chapter 4).
    """
    return reduction * EPS_OF[dtype] * scale


def fallback_limit(scale: float, dtype: str = "float32") -> float:
    """Beyond this a bound without float64 is none; half precision cannot be held below its ulps."""
    return max(FALLBACK_LIMIT, FLOOR_ULPS * EPS_OF[dtype] * (dtype != "float32")) * scale
