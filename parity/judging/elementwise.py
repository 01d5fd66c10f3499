"""Differences of two arrays of one shape, computed in blocks that fit into the cache.

The arrays of a check can have tens of millions of elements; nothing here copies a whole one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parity.arrays import Array

_BLOCK = 1 << 17


@dataclass(frozen=True)
class Gap:
    """The largest absolute difference, in float64, and its index."""

    size: float
    index: tuple[int, ...]


def _blocks(*arrays: Array) -> Iterator[tuple[int, list[Array]]]:
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, _BLOCK):
        yield start, [array[start : start + _BLOCK] for array in flat]


def largest_gap(one: Array, other: Array) -> Gap:
    """Return the largest |one - other| over elements finite in both arrays; 0 if there is none."""
    if not one.size:
        return Gap(0.0, ())
    size, place = 0.0, 0
    for start, (a, b) in _blocks(one, other):
        with np.errstate(invalid="ignore"):
            gap = np.abs(np.subtract(a, b, dtype=np.float64))
        largest = gap.max()
        if not np.isfinite(largest):
            gap[~(np.isfinite(a) & np.isfinite(b))] = 0
            largest = gap.max()
        if largest > size:
            size, place = float(largest), start + int(gap.argmax())
    return Gap(size, _index(place, one.shape))


def magnitude(array: Array) -> float:
    """Return the largest absolute value of the finite elements; 0 if there is none."""
    largest = 0.0
    for _, (block,) in _blocks(array):
        block = block if _all_finite(block) else block[np.isfinite(block)]
        if block.size:
            largest = max(largest, float(block.max()), -float(block.min()))
    return largest


def count_finite(*arrays: Array) -> int:
    """Return the number of elements that are finite in all of the arrays."""
    return sum(
        int(np.logical_and.reduce([np.isfinite(block) for block in blocks]).sum())
        for _, blocks in _blocks(*arrays)
    )


@dataclass(frozen=True)
class NonfiniteMismatch:
    """Number of elements that are NaN or infinite in one array only, and the first of them."""

    count: int
    first: tuple[int, ...]


def nonfinite_mismatch(one: Array, other: Array) -> NonfiniteMismatch | None:
    """Compare the places of NaN, +inf and -inf; return None if they are the same."""
    count, first = 0, 0
    for start, (a, b) in _blocks(one, other):
        if _all_finite(a) and _all_finite(b):
            continue
        unlike = (
            (np.isnan(a) != np.isnan(b))
            | (np.isposinf(a) != np.isposinf(b))
            | (np.isneginf(a) != np.isneginf(b))
        )
        if unlike.any() and not count:
            first = start + int(unlike.argmax())
        count += int(unlike.sum())
    return NonfiniteMismatch(count, _index(first, one.shape)) if count else None


def largest_crossing(one: Array, other: Array) -> float:
    """Return the largest magnitude of elements positive in one array only; 0 if there is none."""
    largest = 0.0
    for _, (a, b) in _blocks(one, other):
        crossed = (a > 0) != (b > 0)
        if crossed.any():
            largest = max(largest, magnitude(a[crossed]), magnitude(b[crossed]))
    return largest


def same_bits(one: Array, other: Array) -> bool:
    """Return whether two arrays hold the same bits: signs of zeros and NaN payloads count."""
    return all(a.tobytes() == b.tobytes() for _, (a, b) in _blocks(one, other))


def relative_gap(reference: Array, candidate: Array | None) -> float:
    """Return the largest difference relative to the reference's scale.

    Infinite for a missing candidate, another shape, NaN or infinity at other places, and unequal
    arrays that are not floating.
    """
    if candidate is None or candidate.shape != reference.shape:
        return np.inf
    if reference.dtype.kind != "f" or candidate.dtype.kind != "f":
        return 0.0 if np.array_equal(reference, candidate) else np.inf
    if nonfinite_mismatch(reference, candidate) is not None:
        return np.inf
    gap, scale = largest_gap(reference, candidate).size, magnitude(reference)
    return gap / scale if scale else (np.inf if gap else 0.0)


def _all_finite(block: Array) -> bool:
    """Return whether all elements are finite: NaN propagates to both extremes. Copies nothing."""
    return bool(np.isfinite(block.min()) and np.isfinite(block.max()))


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, shape))
