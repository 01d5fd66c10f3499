"""Tensors of the two sides that hold the same numbers, and the layouts that make them equal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from parity.arrays import Array

# Relative difference of one number in two float64 runs.
_ALIKE = 1e-9
_MOST_AXES = 5


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


def find_layout(candidate: Array, reference: Array) -> Layout | None:
    """Return how the reference's tensor is made of the candidate's; None if it is not."""
    if candidate.size != reference.size or candidate.ndim > _MOST_AXES:
        return None
    plain = tuple(range(candidate.ndim))
    if candidate.shape == reference.shape and _are_alike(candidate, reference):
        return Layout(plain)
    orders = list(permutations(plain))
    for axes in orders:
        turned = candidate.transpose(axes)
        if turned.shape == reference.shape and _are_alike(turned, reference):
            return Layout(axes)
    for axes in orders:
        turned = candidate.transpose(axes).reshape(reference.shape)
        if _are_alike(turned, reference):
            return Layout(axes, reference.shape)
    return None


def _are_alike(one: Array, other: Array) -> bool:
    if one.size == 0:
        return True
    first, second = one.ravel()[:16], other.ravel()[:16]
    if not _close(first, second):
        return False
    return _close(one, other)


def _close(one: Array, other: Array) -> bool:
    finite = np.isfinite(other)
    scale = float(np.max(np.abs(other[finite]), initial=0.0))
    return np.allclose(one, other, rtol=_ALIKE, atol=_ALIKE * scale, equal_nan=True)


class Numbers:
    """Tensors of one side, found by the numbers that they hold, whatever their order."""

    def __init__(self, tensors: Sequence[Array], which: Iterable[int]) -> None:
        self._tensors = tensors
        self._by_size: dict[int, list[tuple[int, Array]]] = {}
        for number in which:
            array = tensors[number]
            if array.size:
                self._by_size.setdefault(array.size, []).append((number, _signature(array)))

    def holding(self, array: Array) -> list[int]:
        """Return the tensors that may hold the numbers of an array, in the order of the run."""
        own = _signature(array)
        limits = _ALIKE * max(float(np.max(np.abs(own))), 1e-300)
        found = self._by_size.get(array.size, [])
        return [number for number, other in found if np.all(np.abs(own - other) <= limits)]


def _signature(array: Array) -> Array:
    """Return sums over an array that do not depend on the order of its elements."""
    values = array.astype(np.float64).ravel()
    kept = values[np.isfinite(values)]
    return np.array([kept.sum(), np.abs(kept).sum(), float(values.size - kept.size)])
