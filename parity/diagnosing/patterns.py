"""What one array is of another, where that is simple: a factor, or a constant more.

An operation that was left out altogether shows so. It tells how a mismatch looks, not its cause.
"""

import math
from collections.abc import Callable

import numpy as np

from parity.arrays import Array

# Sizes of a layer whose roots and themselves are looked for in a factor.
_SIZES = range(2, 4097)
_SAME = 1e-9


def between(reference: Array, candidate: Array, rounding: Callable[[float], bool]) -> str:
    """What `candidate` is of `reference` in words; "" if it is nothing simple.

    Args:
        reference: floating, of at least two distinct values, else nothing can be told.
        candidate: of the same shape.
        rounding: whether an absolute difference is no more than rounding.
    """
    if reference.dtype.kind != "f" or not np.isfinite(reference).all():
        return ""
    if not np.isfinite(candidate).all() or reference.size < 2 or np.ptp(reference) == 0:
        return ""
    factor = float(np.vdot(reference, candidate) / np.vdot(reference, reference))
    if factor and rounding(_largest(candidate - factor * reference) / max(1.0, abs(factor))):
        return f"all of it is {factor:.7g} times the reference's{_known(abs(factor))}"
    offset = float(np.mean(candidate - reference))
    if rounding(_largest(candidate - reference - offset)):
        return f"all of it is the reference's {offset:+.7g}"
    return ""


def _largest(array: Array) -> float:
    return float(np.abs(array).max())


def _known(factor: float) -> str:
    """The size, or its root, that a factor is of; "" if it is none."""
    for words, value in (("", factor), ("1 / ", 1 / factor)):
        for size in _SIZES:
            if math.isclose(value, math.sqrt(size), rel_tol=_SAME):
                root = math.isqrt(size)
                said = str(root) if root * root == size else f"the root of {size}"
                return f", {words}{said}" if words or root * root != size else ""
    return ""
