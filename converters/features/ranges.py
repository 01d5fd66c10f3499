"""Ranges of a feature matrix' columns; what lies outside is not a feature matrix of gMVP.

The model computes a score from any number, and a score of exactly 0 or 1 from an absurd one, so
absurd numbers are refused where they are read.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.residues import OTHER


class Range(NamedTuple):
    """Columns `first` to `stop` - 1 of the matrix: a name, bounds, and whether they are whole."""

    first: int
    stop: int
    what: str
    low: float
    high: float
    whole: bool = False


MOST_COUNTS = 1e9
RANGES = (
    Range(0, 1, "residue code", 0, OTHER, whole=True),
    Range(1, 21, "probability of the profile", 0, 1),
    Range(21, 221, "residue code of the alignment", 0, OTHER, whole=True),
    Range(221, 421, "percent identity", 0, 100),
    Range(421, 424, "probability of helix, strand or coil", 0, 1),
    # The area of an exposed residue over that of a reference; in a structure it may exceed 1.
    Range(424, 425, "relative accessibility", 0, 5),
    Range(425, 426, "probability of an interface", 0, 1),
    Range(426, 427, "probability of disorder", 0, 1),
    Range(427, 431, "sine or cosine", -1, 1),
    Range(431, 435, "count of variants", 0, MOST_COUNTS),
)
"""The ranges of all 435 columns."""

_ROUNDING = 1e-3
"""Part of a range by which float32 or rounded text may exceed it."""


def check_ranges(block: NDArray[np.float64], path: str | Path, first: int = 0) -> None:
    """Raise InputError for the first number of a block of columns that is outside of its range.

    Args:
        block: (rows, columns), finite.
        path: the file, for the message.
        first: the matrix' column that the block begins with; the message counts the block's own.
    """
    stop = first + block.shape[1]
    for span in RANGES:
        if span.stop <= first or span.first >= stop:
            continue
        left = max(span.first, first) - first
        columns = block[:, left : min(span.stop, stop) - first]
        wrong = _outside(columns, span)
        if wrong is None:
            continue
        row, column = wrong
        whole = ", whole" if span.whole else ""
        raise InputError(
            f"{path}: row {row}, column {left + column} is {float(columns[row, column])}; expected"
            f" a {span.what}, {span.low:g} to {span.high:g}{whole} (rows and columns from 0)"
        )


def _outside(columns: NDArray[np.float64], span: Range) -> tuple[int, int] | None:
    slack = 0 if span.whole else _ROUNDING * min(span.high - span.low, 1)
    inside = columns.min() >= span.low - slack and columns.max() <= span.high + slack
    if inside and (not span.whole or (columns == np.trunc(columns)).all()):
        return None
    wrong = (columns < span.low - slack) | (columns > span.high + slack)
    if span.whole:
        wrong |= columns != np.trunc(columns)
    row, column = np.argwhere(wrong)[0]
    return int(row), int(column)
