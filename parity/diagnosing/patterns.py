"""Simple relations between two arrays: a constant factor, or a constant difference.

A missing operation often shows as such a relation, which describes a mismatch but is not a cause.
"""

import math
from collections.abc import Callable

import numpy as np

from parity.arrays import Array

# The largest size of a layer whose root, or its inverse, is recognised in a factor.
_MAX_SIZE = 4096


def describe_relation(
    reference: Array, candidate: Array, is_rounding: Callable[[float], bool]
) -> str:
    """Describe how `candidate` is related to `reference`; "" if the relation is not simple.

    Args:
        reference: floating, with at least two distinct values, or no relation can be found.
        candidate: of the same shape.
        is_rounding: returns whether an absolute difference is no more than rounding.
    """
    if reference.dtype.kind != "f" or not np.isfinite(reference).all():
        return ""
    if not np.isfinite(candidate).all() or reference.size < 2 or np.ptp(reference) == 0:
        return ""
    factor = float(np.vdot(reference, candidate) / np.vdot(reference, reference))
    if factor and is_rounding(_largest(candidate - factor * reference) / max(1.0, abs(factor))):
        return f"every element is {factor:.7g} times the reference's{_as_size(abs(factor))}"
    offset = float(np.mean(candidate - reference))
    if is_rounding(_largest(candidate - reference - offset)):
        return f"every element is the reference's {offset:+.7g}"
    return ""


def _largest(array: Array) -> float:
    return float(np.abs(array).max())


def _as_size(factor: float) -> str:
    """Describe a factor as a size, its root or an inverse of either; "" if it is none of these."""
    for prefix, value in (("", factor), ("1 / ", 1 / factor)):
        size = round(min(value, _MAX_SIZE) ** 2)
        if 2 <= size <= _MAX_SIZE and math.isclose(value, math.sqrt(size), rel_tol=1e-9):
            root = math.isqrt(size)
            number = str(root) if root * root == size else f"the root of {size}"
            return f", {prefix}{number}" if prefix or root * root != size else ""
    return ""
