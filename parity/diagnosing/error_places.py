"""Places of errors within a tensor, in words: a border, some steps, every second element."""

from bisect import bisect_left
from collections.abc import Callable, Iterator

import numpy as np

from parity.arrays import Array

# Indices along one axis that are listed one by one.
_LISTED = 4
# The share of the elements up to which their number is worth saying.
_FEW = 0.5


def describe_places(
    reference: Array, candidate: Array, is_rounding: Callable[[float], bool]
) -> str:
    """Describe which elements of a tensor differ; "" if all do, or in no simple way.

    Args:
        reference: floating and finite, or nothing can be described.
        candidate: of the same shape.
        is_rounding: returns whether an absolute difference is no more than rounding; all smaller
            ones are then, too.
    """
    if reference.dtype.kind != "f" or reference.shape != candidate.shape or not reference.ndim:
        return ""
    if not (np.isfinite(reference).all() and np.isfinite(candidate).all()):
        return ""
    gaps = np.abs(reference - candidate)
    # Few calls, however many elements there are.
    ordered = np.unique(gaps)
    first = bisect_left(ordered, True, key=lambda gap: not is_rounding(float(gap)))
    wrong = gaps >= ordered[first] if first < len(ordered) else np.zeros(gaps.shape, bool)
    found = [*_along_axes(wrong)] or [*_at_borders(wrong)] or [*_scattered(wrong)]
    if found:
        return f"{' and '.join(found)} differ; everything else agrees"
    for axis in range(reference.ndim):
        there, here = np.sort(reference, axis), np.sort(candidate, axis)
        if reference.shape[axis] > 1 and is_rounding(float(np.abs(there - here).max())):
            return f"along axis {axis}, the values are the reference's in another order"
    return ""


def _along_axes(wrong: Array) -> Iterator[str]:
    """Yield, for each axis along which some indices are right throughout, which are not."""
    for axis, size in enumerate(wrong.shape):
        others = tuple(other for other in range(wrong.ndim) if other != axis)
        at = np.flatnonzero(wrong.any(axis=others))
        if 0 < len(at) < size:
            yield f"{_name_indices(at, size)} along axis {axis}"


def _name_indices(at: Array, size: int) -> str:
    first, last, count = int(at[0]), int(at[-1]), len(at)
    together = last - first + 1 == count
    if together and last == size - 1:
        return f"the last {count} of {size}" if count > 1 else f"the last of {size}"
    if together and first == 0:
        return f"the first {count} of {size}" if count > 1 else f"the first of {size}"
    if count > 1 and list(at) == list(range(first, size, 2)):
        return f"every second of {size} from {first}"
    if together and count > 1:
        return f"{first} to {last} of {size}"
    listed = ", ".join(map(str, at)) if count <= _LISTED else f"{count}"
    return f"{listed} of {size}"


def _at_borders(wrong: Array) -> Iterator[str]:
    """Yield the axes at whose first or last index all errors are."""
    axes = [axis for axis in range(1, wrong.ndim) if wrong.shape[axis] > 2]
    for chosen in (axes[:1], axes[1:], axes[:-1], axes):
        inner = tuple(slice(1, -1) if axis in chosen else slice(None) for axis in range(wrong.ndim))
        if len(chosen) > 1 and not wrong[inner].any():
            yield f"the borders of axes {', '.join(map(str, chosen))}"
            return


def _scattered(wrong: Array) -> Iterator[str]:
    """Yield the share of the elements that differ, if it is less than half."""
    share = wrong.mean()
    if 0 < share < _FEW:
        yield f"{int(wrong.sum())} of {wrong.size} elements"
