"""Branches of a model that may be mistaken for each other as a whole.

Two branches that are added, for instance, can be swapped as a whole even if no two of their layers
can. They begin at the same tensor. The layers of a branch follow from the candidate's modules, or
from the order of the calls: one branch after the other, or alternating.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from parity.arrays import Arrays
from parity.init.units import Unit
from parity.runners.whole_models import WeightedLayer

# Maximum length of a branch to follow where calls of branches alternate.
_LONGEST = 8

Swap = tuple[tuple[int, int], ...]


def branches(
    units: Sequence[tuple[Unit, Unit]], composites: Sequence[WeightedLayer], expected: Arrays
) -> Iterator[Swap]:
    """Yield numbers of units to be swapped together, at least two pairs of them.

    Args:
        units: of the reference in the order of its calls, each with the candidate's.
        composites: the candidate's modules made of several layers.
        expected: inputs of the reference's layers, by "<path>/input".
    """
    same_input = [_same_input(units, number, expected) for number in range(len(units))]
    found: dict[frozenset[tuple[int, int]], Swap] = {}
    for swap in (*_by_modules(units, composites, same_input), *_by_calls(same_input)):
        if len(swap) > 1 and len({n for pair in swap for n in pair}) == 2 * len(swap):
            found.setdefault(frozenset(swap), swap)
    yield from found.values()


def _same_input(units: Sequence[tuple[Unit, Unit]], number: int, expected: Arrays) -> list[int]:
    """List the later layers of the reference that have the same input as this one."""
    path = units[number][0].layer.path
    given = expected.get(f"{path}/input")
    if given is None:
        return []
    later = [(n, units[n][0].layer.path) for n in range(number + 1, len(units))]
    return [
        n
        for n, other in later
        if other != path and np.array_equal(given, expected.get(f"{other}/input", np.nan))
    ]


def _by_modules(
    units: Sequence[tuple[Unit, Unit]],
    composites: Sequence[WeightedLayer],
    same_input: list[list[int]],
) -> Iterator[Swap]:
    """Pair modules with weights of the same names of which a layer each has the same input."""
    modules = [_units_within(units, composite.path) for composite in composites]
    for one, other in combinations(modules, 2):
        if one.keys() != other.keys():
            continue
        swap = tuple(sorted((min(a, other[k]), max(a, other[k])) for k, a in one.items()))
        if any(b in same_input[a] for a, b in swap):
            yield swap


def _units_within(units: Sequence[tuple[Unit, Unit]], path: str) -> dict[frozenset[str], int]:
    """Number the units in a module, by their weights' names within it."""
    prefix = f"{path}."
    return {
        frozenset(name.removeprefix(prefix) for name in unit.members): number
        for number, (_, unit) in enumerate(units)
        if all(name.startswith(prefix) for name in unit.members)
    }


def _by_calls(same_input: list[list[int]]) -> Iterator[Swap]:
    for i, others in enumerate(same_input):
        for j in others:
            # One after the other: a branch ends where the next begins.
            length = others[0] - i
            if j + length <= len(same_input):
                yield tuple((i + n, j + n) for n in range(length))
            # In turn: all branches that begin at this tensor, those before this one too.
            turns = 1 + len(others) + sum(i in later for later in same_input[:i])
            for length in range(2, _LONGEST + 1):
                if j + turns * (length - 1) < len(same_input):
                    yield tuple((i + turns * n, j + turns * n) for n in range(length))
