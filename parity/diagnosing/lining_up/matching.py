"""Tensors of the two sides that hold the same numbers, and the layouts that make them equal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from parity.arrays import Array

ALIKE = {"float64": 1e-9, "float32": 2e-5}
"""Relative difference of one number in runs of two sides, by their dtype."""
_MOST_AXES = 5
_LARGEST = 1e290


@dataclass(frozen=True)
class Layout:
    """Reference's tensor made of a candidate's: its axes in another order, then another shape.

    `shape` is () if the order of axes is all.
    """

    axes: tuple[int, ...]
    shape: tuple[int, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Return whether the tensor stays as it is."""
        return self.axes == tuple(range(len(self.axes))) and not self.shape


def find_layout(candidate: Array, reference: Array, dtype: str = "float64") -> Layout | None:
    """Return how the reference's tensor is made of the candidate's; None if it is not.

    Args:
        candidate, reference: the tensors.
        dtype: the dtype of the runs that made them.
    """
    if candidate.size != reference.size or candidate.ndim > _MOST_AXES:
        return None
    plain = tuple(range(candidate.ndim))
    # Where one side has zeros, the other may have rounding.
    rtol = ALIKE[dtype]
    limit = rtol * max(_scale(candidate), _scale(reference))
    if candidate.shape == reference.shape and _are_alike(candidate, reference, rtol, limit):
        return Layout(plain)
    orders = list(permutations(plain))
    for axes in orders:
        turned = candidate.transpose(axes)
        if turned.shape == reference.shape and _are_alike(turned, reference, rtol, limit):
            return Layout(axes)
    for axes in orders:
        turned = candidate.transpose(axes).reshape(reference.shape)
        if _are_alike(turned, reference, rtol, limit):
            return Layout(axes, reference.shape)
    return None


def _are_alike(one: Array, other: Array, rtol: float, limit: float) -> bool:
    first, second = one.ravel()[:16], other.ravel()[:16]
    return _close(first, second, rtol, limit) and _close(one, other, rtol, limit)


def _close(one: Array, other: Array, rtol: float, limit: float) -> bool:
    with np.errstate(over="ignore"):
        return np.allclose(one, other, rtol=rtol, atol=limit, equal_nan=True)


def _scale(array: Array) -> float:
    """Return the size of an array's smaller numbers, zeros aside.

    Not of its largest: beside a mask of -1e9 all scores would be alike.
    """
    sizes = np.abs(array[np.isfinite(array)].astype(np.float64))
    sizes = sizes[sizes > 0]
    if not sizes.size:
        return 0.0
    place = sizes.size // 10
    return float(np.partition(sizes, place)[place])


class Numbers:
    """Tensors of one side, found by the numbers that they hold, whatever their order."""

    def __init__(
        self, tensors: Sequence[Array], which: Iterable[int], dtype: str = "float64"
    ) -> None:
        self._alike = ALIKE[dtype]
        self._by_size: dict[int, list[tuple[int, Array]]] = {}
        for number in which:
            array = tensors[number]
            if array.size:
                self._by_size.setdefault(array.size, []).append((number, _signature(array)))

    def holding(self, array: Array) -> list[int]:
        """Return the tensors that may hold the numbers of an array, in the order of the run."""
        own = _signature(array)
        limits = self._alike * max(float(np.max(np.abs(own))), 1e-300)
        found = self._by_size.get(array.size, [])
        return [number for number, other in found if np.all(np.abs(own - other) <= limits)]


def _signature(array: Array) -> Array:
    """Return sums over an array that do not depend on the order of its elements."""
    values = np.abs(array) if array.dtype.kind == "c" else array
    values = values.astype(np.float64).ravel()
    # The smallest number of float64, a common mask, has no sum with another.
    kept = np.clip(values[np.isfinite(values)], -_LARGEST, _LARGEST)
    return np.array([kept.sum(), np.abs(kept).sum(), float(values.size - kept.size)])
