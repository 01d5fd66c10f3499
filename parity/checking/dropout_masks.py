"""Masks of the reference's dropout, handed to the candidate's, which may have other layouts.

A mask of the candidate is the reference's if the tensors to be dropped are equal up to an order of
axes, a reshape, or stacking of several; the mask is then laid out in the same way. Only where no
tensor is equal does the order of the calls decide. A mask is never broadcast: whoever draws a mask
of another shape gets one of its own, and differs.
"""

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from parity.arrays import Array
from parity.declaring.training_mode import Draw

# How far equal tensors may be apart in float32, relative to the largest element.
_CLOSE = 1e-3
_MOST_AXES = 5


class MaskMatcher:
    """Gives each mask of the candidate the numbers of a mask of the reference, each used once."""

    def __init__(self, reference: tuple[Draw, ...]) -> None:
        self._left = dict(enumerate(reference))
        self.matched: list[tuple[int, ...]] = []

    def choose(self, drawn: Draw) -> Array | None:
        """Return the numbers for a mask of the candidate; None if none of the reference's fits."""
        found = self._by_value(drawn) or self._stacked(drawn) or self._by_order(drawn)
        self.matched.append(found[0] if found else ())
        if found is None:
            return None
        for index in found[0]:
            del self._left[index]
        return np.ascontiguousarray(found[1])

    def _by_value(self, drawn: Draw) -> tuple[tuple[int, ...], Array] | None:
        if drawn.values is None:
            return None
        for index, mask in self._left.items():
            if mask.values is None or mask.values.size != drawn.values.size:
                continue
            for order in _orders(mask.values, drawn.values):
                numbers = _laid_out(mask, order, drawn)
                if numbers is not None:
                    return (index,), numbers
        return None

    def _stacked(self, drawn: Draw) -> tuple[tuple[int, ...], Array] | None:
        """Match one mask to several of the reference, such as those of a cell's gates."""
        if drawn.values is None or drawn.values.shape != drawn.shape:
            return None
        indices = [i for i, mask in self._left.items() if mask.values is not None]
        for start, first in enumerate(indices):
            values = self._left[first].values
            assert values is not None
            count = drawn.values.size // max(values.size, 1)
            group = tuple(indices[start : start + count])
            if count < 2 or count * values.size != drawn.values.size or len(group) < count:
                continue
            masks = [self._left[i] for i in group]
            if any(m.shape != values.shape or m.values is None for m in masks):
                continue
            for join in (np.stack, np.concatenate):
                for axis in range(drawn.values.ndim):
                    joined = _joined(join, [m.values for m in masks if m.values is not None], axis)
                    if joined is not None and _close(joined, drawn.values):
                        return group, join([m.numbers for m in masks], axis)
        return None

    def _by_order(self, drawn: Draw) -> tuple[tuple[int, ...], Array] | None:
        for index, mask in self._left.items():
            if mask.shape == drawn.shape:
                return (index,), mask.numbers
        return None


def exchangeable(draws: tuple[Draw, ...]) -> list[list[int]]:
    """Return groups of masks of which no tensor says which is which: equal ones, of equal rate.

    A recurrent cell drops the same tensor for each of its gates, in an order of its own.
    """
    groups: list[list[int]] = []
    for index, drawn in enumerate(draws):
        for group in groups:
            if _alike(draws[group[0]], drawn):
                group.append(index)
                break
        else:
            groups.append([index])
    return [group for group in groups if len(group) > 1]


def _alike(one: Draw, other: Draw) -> bool:
    if one.shape != other.shape or one.rate != other.rate:
        return False
    if one.values is None or other.values is None:
        return one.values is other.values
    return np.array_equal(one.values, other.values)


def _joined(join: object, arrays: list[Array], axis: int) -> Array | None:
    try:
        joined: Array = join(arrays, axis)  # type: ignore[operator]
    except ValueError:
        return None
    return joined


def _close(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        return False
    scale = float(np.max(np.abs(one), initial=0.0))
    return bool(np.all(np.abs(one - other) <= _CLOSE * scale))


def _orders(reference: Array, candidate: Array) -> Iterator[tuple[int, ...]]:
    """Yield the orders of axes in which the reference's tensor is the candidate's, reshaped."""
    if not np.isclose(reference.sum(), candidate.sum(), rtol=0, atol=_CLOSE * _size(reference)):
        return
    axes = tuple(range(reference.ndim))
    for order in permutations(axes) if len(axes) <= _MOST_AXES else (axes,):
        if _close(reference.transpose(order).reshape(candidate.shape), candidate):
            yield order


def _size(array: Array) -> float:
    return float(np.abs(array).sum())


def _laid_out(mask: Draw, order: tuple[int, ...], drawn: Draw) -> Array | None:
    """Return a mask's numbers in the candidate's layout; None if its mask has another shape."""
    assert mask.values is not None
    assert drawn.values is not None
    rank = mask.values.ndim
    numbers = mask.numbers.reshape((1,) * (rank - mask.numbers.ndim) + mask.shape).transpose(order)
    moved = tuple(mask.values.shape[axis] for axis in order)
    if numbers.shape == moved:
        whole = drawn.shape == drawn.values.shape
        return numbers.reshape(drawn.shape) if whole else None
    if moved == drawn.values.shape:
        padded = (1,) * (rank - len(drawn.shape)) + drawn.shape
        return numbers.reshape(drawn.shape) if numbers.shape == padded else None
    # Reshaped tensors: what is left of a mask of a row or a channel must agree.
    own = [n for n in numbers.shape if n > 1]
    return numbers.reshape(drawn.shape) if own == [n for n in drawn.shape if n > 1] else None
