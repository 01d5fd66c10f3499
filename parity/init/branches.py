"""Which branches of a model might be taken for each other: all their layers at once.

Two branches that are added, say, may be exchanged as a whole, though no two of their layers may.
They begin at the same tensor. What belongs to a branch is told by the candidate's modules, or by
the order of the calls: one branch after the other, or in turn.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from parity.arrays import Arrays
from parity.init.units import Unit
from parity.runners.survey import Part

# Branches whose layers are called in turn are followed for so many.
_LONGEST = 8

Paired = tuple[tuple[int, int], ...]


def branches(
    units: Sequence[tuple[Unit, Unit]], frames: Sequence[Part], seen: Arrays
) -> Iterator[Paired]:
    """Numbers of units to be exchanged together, two or more pairs of them.

    Args:
        units: of the reference in the order of its calls, each with the candidate's.
        frames: the candidate's modules made of several layers.
        seen: inputs of the reference's layers, by "<path>/input".
    """
    heads = [_beside(units, number, seen) for number in range(len(units))]
    found: dict[frozenset[tuple[int, int]], Paired] = {}
    for paired in (*_by_modules(units, frames, heads), *_by_calls(heads)):
        if len(paired) > 1 and len({n for pair in paired for n in pair}) == 2 * len(paired):
            found.setdefault(frozenset(paired), paired)
    yield from found.values()


def _beside(units: Sequence[tuple[Unit, Unit]], number: int, seen: Arrays) -> list[int]:
    """Later layers of the reference that are handed the same as this one."""
    path = units[number][0].part.path
    given = seen.get(f"{path}/input")
    later = range(number + 1, len(units))
    if given is None:
        return []
    others = [(n, units[n][0].part.path) for n in later]
    return [
        n
        for n, other in others
        if other != path and np.array_equal(given, seen.get(f"{other}/input", np.nan))
    ]


def _by_modules(
    units: Sequence[tuple[Unit, Unit]], frames: Sequence[Part], heads: list[list[int]]
) -> Iterator[Paired]:
    """Two modules that hold the same under the same names, one of each beginning alike."""
    held = [_within(units, frame.path) for frame in frames]
    for one, other in combinations(held, 2):
        if one.keys() != other.keys():
            continue
        paired = tuple(sorted((min(a, other[k]), max(a, other[k])) for k, a in one.items()))
        if any(b in heads[a] for a, b in paired):
            yield paired


def _within(units: Sequence[tuple[Unit, Unit]], path: str) -> dict[frozenset[str], int]:
    """Numbers of the units in a module, by their weights' names within it."""
    inner = f"{path}."
    return {
        frozenset(name.removeprefix(inner) for name in unit.members): number
        for number, (_, unit) in enumerate(units)
        if all(name.startswith(inner) for name in unit.members)
    }


def _by_calls(heads: list[list[int]]) -> Iterator[Paired]:
    for i, beside in enumerate(heads):
        for j in beside:
            # One after the other: a branch ends where the next begins.
            length = beside[0] - i
            if j + length <= len(heads):
                yield tuple((i + n, j + n) for n in range(length))
            # As many take turns as begin at this tensor, those before this one too.
            turns = 1 + len(beside) + sum(i in later for later in heads[:i])
            for length in range(2, _LONGEST + 1):
                if j + turns * (length - 1) < len(heads):
                    yield tuple((i + turns * n, j + turns * n) for n in range(length))
