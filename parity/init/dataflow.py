"""Repair of a plan along the flow of data: layers that are given the same tensor belong together.

Once the first layers of both models agree, the next layers of the candidate are those whose inputs
agree with the reference's. Each step costs one run, so that a model of many layers takes about as
many runs as it has wrong guesses. Layers that are all given the same tensor, such as query, key
and value, are distinguished by whether the layers after them agree.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Generic, Protocol, TypeVar, get_args

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.model_inputs import AxisOrder
from parity.judging import oracle
from parity.judging.elementwise import relative_gap
from parity.runners.whole_models import axes_to_reference, without_ones

# More layers that are given the same tensor have too many orders to try them all.
_MOST_IN_GROUP = 4


class InputMatcher:
    """Inputs of the reference's layers, to be found again among those of the candidate's.

    Args:
        expected: tensors of the reference's run, the inputs of layers by "<path>/input".
        within: the relative error up to which two tensors agree.
    """

    def __init__(self, expected: Arrays, within: float = 4 * oracle.EPS32) -> None:
        self._within = within
        self._inputs = {
            name.removesuffix("/input"): array
            for name, array in expected.items()
            if name.endswith("/input")
        }
        self._sketches = {path: _sketch(array) for path, array in self._inputs.items()}

    def knows(self, path: str) -> bool:
        """Return whether a layer of the reference was called on a tensor."""
        return path in self._inputs

    def same_input(self, one: str, other: str) -> bool:
        """Return whether two layers of the reference were given the same tensor."""
        return one in self._inputs and np.array_equal(
            self._inputs[one], self._inputs.get(other, np.nan)
        )

    def matches(self, inputs: Mapping[str, Array]) -> frozenset[tuple[str, str]]:
        """Pair the reference's and the candidate's layers that are given the same tensor."""
        found = set()
        for candidate, array in inputs.items():
            sketch = _sketch(array)
            for reference, own in self._sketches.items():
                if _near(own, sketch) and _same(self._inputs[reference], array, self._within):
                    found.add((reference, candidate))
        return frozenset(found)


def _sketch(array: Array) -> tuple[int, float]:
    """Return the number of elements and their sum of squares, whatever the order of the axes."""
    return array.size, float(np.square(array, dtype=np.float64).sum())


def _near(one: tuple[int, float], other: tuple[int, float]) -> bool:
    """Return whether two sketches may be of the same tensor, or of one padded with zeros."""
    return abs(one[1] - other[1]) <= 1e-4 * abs(one[1])


def _same(reference: Array, candidate: Array, within: float) -> bool:
    """Return whether two tensors agree in some order of axes, or apart from axes of one element.

    One of them may be padded with zeros along the axes between the first and the last.
    """
    axes = {axes_to_reference(order, candidate.ndim) for order in get_args(AxisOrder)}
    turned = [candidate.transpose(some) for some in axes]
    if all(array.shape != reference.shape for array in turned):
        wanted = without_ones(reference.shape)
        turned = [
            array.reshape(reference.shape)
            if without_ones(array.shape) == wanted
            else _unpadded(array, reference)
            for array in turned
        ]
    return any(
        relative_gap(reference, array) <= within
        for array in turned
        if array.shape == reference.shape
    )


def _unpadded(one: Array, other: Array) -> Array:
    """Return an array padded with zeros, or not, as the other one is; as it is if not alike."""
    ends = [(array.shape[0], array.shape[-1]) for array in (one, other)]
    if one.ndim != other.ndim or one.ndim < 3 or ends[0] != ends[1]:
        return one
    inner = one[_not_zero(one)]
    where = _not_zero(other)
    if inner.shape != other[where].shape:
        return one
    found = np.zeros_like(other)
    found[where] = inner
    return found


def _not_zero(array: Array) -> tuple[slice, ...]:
    """Return the smallest box, of whole records and channels, outside of which all is zero."""
    box = [slice(None)] * array.ndim
    for axis in range(1, array.ndim - 1):
        others = tuple(number for number in range(array.ndim) if number != axis)
        (places,) = np.nonzero(array.any(axis=others))
        if len(places):
            box[axis] = slice(int(places[0]), int(places[-1]) + 1)
    return tuple(box)


class Tried(Protocol):
    """Result of trying a plan."""

    @property
    def matches(self) -> frozenset[tuple[str, str]]:
        """Return the layers of both sides that are given the same tensor."""

    @property
    def rank(self) -> tuple[int, int]:
        """Return how much agrees."""


PlanT = TypeVar("PlanT")
TriedT = TypeVar("TriedT", bound=Tried)
Paths = list[tuple[str, str] | None]


@dataclass(frozen=True)
class Repair(Generic[PlanT, TriedT]):
    """Repair of plans by trying them.

    Args:
        matcher: the reference's inputs.
        paths: the two layers of each choice of a plan, in the order of the reference's calls; None
            where inputs are unknown.
        permuted: the plan in which the given choices have each other's units, in the given order;
            None if one does not fit.
        attempt: tries a plan.
        allowed: whether there are runs left.
    """

    matcher: InputMatcher
    paths: Callable[[PlanT], Paths]
    permuted: Callable[[PlanT, Sequence[int], Sequence[int]], PlanT | None]
    attempt: Callable[[PlanT], TriedT]
    allowed: Callable[[], bool]

    def run(self, plan: PlanT, tried: TriedT) -> tuple[PlanT, TriedT]:
        """Return the plan with as many layers as possible given the same tensors on both sides."""
        seen: set[tuple[tuple[str, str] | None, ...]] = set()
        while self.allowed():
            key = tuple(self.paths(plan))
            if key in seen:
                break
            seen.add(key)
            wrong = self._wrong(plan, tried)
            if not wrong:
                break
            for other in self._others(plan, tried, wrong):
                if not self.allowed():
                    break
                after = self.attempt(other)
                if self._progress(other, after) > self._progress(plan, tried):
                    plan, tried = other, after
                    break
            else:
                break
        return plan, tried

    def _wrong(self, plan: PlanT, tried: TriedT) -> list[int]:
        """Number the choices whose layers are given other tensors, in the order of the calls."""
        return [
            number
            for number, pair in enumerate(self.paths(plan))
            if pair is not None and self.matcher.knows(pair[0]) and pair not in tried.matches
        ]

    def _progress(self, plan: PlanT, tried: TriedT) -> tuple[int, tuple[int, int]]:
        wrong = self._wrong(plan, tried)
        return (wrong[0] if wrong else len(self.paths(plan))), tried.rank

    def _others(self, plan: PlanT, tried: TriedT, wrong: list[int]) -> Iterator[PlanT]:
        """Yield plans that may be better, the one that the inputs suggest first."""
        moved = self._moved(plan, tried, wrong)
        if moved is not None:
            yield moved
        for group in self._groups(plan, wrong[0]):
            for order in list(permutations(group))[1:]:
                other = self.permuted(plan, group, order)
                if other is not None:
                    yield other

    def _moved(self, plan: PlanT, tried: TriedT, wrong: list[int]) -> PlanT | None:
        """Give each wrong choice the unit whose input agrees, if another wrong one holds it."""
        changed, after = False, plan
        for number in wrong:
            paths = self.paths(after)
            own = paths[number]
            if own is None or own in tried.matches:
                continue
            for other in wrong:
                theirs = paths[other]
                if other == number or theirs is None or (own[0], theirs[1]) not in tried.matches:
                    continue
                swapped = self.permuted(after, (number, other), (other, number))
                if swapped is not None:
                    changed, after = True, swapped
                    break
        return after if changed else None

    def _groups(self, plan: PlanT, before: int) -> Iterator[list[int]]:
        """Yield choices before a number whose layers have the same input, the latest first."""
        paths = self.paths(plan)
        done: set[int] = set()
        for number in range(before, -1, -1):
            own = paths[number] if number < len(paths) else None
            if own is None or number in done:
                continue
            group = [
                other
                for other, pair in enumerate(paths)
                if pair is not None and self.matcher.same_input(own[0], pair[0])
            ]
            done |= set(group)
            if 1 < len(group) <= _MOST_IN_GROUP:
                yield group
