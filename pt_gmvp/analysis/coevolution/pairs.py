"""Pairs of positions ranked by strength, and written as a table."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from converters.atomic import file_beside

COLUMNS = ("i", "residue_i", "j", "residue_j", "strength")
MIN_SEPARATION = 6
"""Usual least separation for contacts; nearer positions touch in any protein."""

_ROWS = 256  # rows of the matrix at a time, so that the top pairs of a large one need little memory


class Pairs(NamedTuple):
    """P pairs, the strongest first: columns `i` < `j` of the matrix, and `strength`, each (P,)."""

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    strength: NDArray[np.float64]


def ranked_pairs(
    strength: NDArray[np.floating],
    positions: ArrayLike | None = None,
    *,
    min_separation: int = MIN_SEPARATION,
    top: int | None = None,
) -> Pairs:
    """Rank pairs of different positions by strength, ties by i, then j.

    Args:
        strength: (L, L), symmetric.
        positions: (L,) ascending numbers of the positions, by default 0, 1, 2, ...
        min_separation: leave out pairs whose numbers differ by less; at least 1.
        top: most pairs to return; by default all.
    """
    length = len(strength)
    numbers = np.arange(length) if positions is None else np.asarray(positions)
    parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for start in range(0, length, _ROWS):
        parts.append(_of_rows(strength, numbers, start, min_separation))
        if top is not None:
            i, j, value = _ordered(parts)
            parts = [Pairs(i[:top], j[:top], value[:top])]
    return _ordered(parts)


def _of_rows(
    strength: NDArray[np.floating], numbers: NDArray[np.int64], start: int, separation: int
) -> Pairs:
    """Return the pairs of _ROWS rows that are far enough apart, by i, then j."""
    rows = slice(start, start + _ROWS)
    i, j = np.nonzero(numbers[None] - numbers[rows, None] >= separation)
    i += start
    return Pairs(i, j, strength[i, j].astype(np.float64))


def _ordered(parts: list[Pairs]) -> Pairs:
    """Concatenate pairs and sort them by strength; ties keep their order."""
    i, j, strength = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(-strength, kind="stable")
    return Pairs(i[order], j[order], strength[order])


def write_pairs(path: str | Path, pairs: Pairs, letters: str, positions: NDArray[np.int64]) -> None:
    """Write pairs as a tab-separated table with a header, atomically.

    Args:
        path: the file.
        pairs: in the order to write.
        letters: the query's residue for each column of the matrix.
        positions: (L,) the number of each column.

    Raises:
        OSError: the file cannot be written.
    """
    with file_beside(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(COLUMNS) + "\n")
        for i, j, strength in zip(*pairs, strict=True):
            file.write(
                f"{positions[i]}\t{letters[i]}\t{positions[j]}\t{letters[j]}\t{strength:.6g}\n"
            )
