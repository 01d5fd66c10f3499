"""Windows of a protein: the part of the transcript's feature matrix in a variant's record."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from converters.columns import CENTER


def cut(
    matrix: NDArray[np.floating[Any]], positions: ArrayLike, half_width: int = CENTER
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cut the windows around some positions.

    Args:
        matrix: (protein length, columns), any floating dtype.
        positions: (P,) whole numbers within the protein, the first residue being 0.
        half_width: residues on either side; a window has 2 * half_width + 1 rows.

    Returns:
        feature (P, window, columns) float32, zero outside the protein, and mask (P, window)
        float32, 1 outside the protein and 0 inside, including the centre.
    """
    rows, outside = _rows(positions, len(matrix), half_width)
    feature = _as_float32(matrix)[np.where(outside, 0, rows)]
    feature[outside] = 0
    return feature, outside.astype(np.float32)


def pad(matrix: NDArray[np.floating[Any]], half_width: int = CENTER) -> NDArray[np.float32]:
    """Return a matrix as float32 with zeros for half a window at either end.

    The window of position p then consists of the rows from p on.
    """
    rows = np.zeros((len(matrix) + 2 * half_width, matrix.shape[1]), np.float32)
    rows[half_width : half_width + len(matrix)] = _as_float32(matrix)
    return rows


def outside(
    positions: ArrayLike, lengths: ArrayLike, half_width: int = CENTER
) -> NDArray[np.bool_]:
    """Return which rows of the windows around some positions are outside of their proteins.

    Args:
        positions: (P,) whole numbers, the first residue being 0.
        lengths: (P,) residues of each position's protein.
        half_width: residues on either side; a window has 2 * half_width + 1 rows.

    Returns:
        (P, window).
    """
    return _rows(positions, np.asarray(lengths)[..., None], half_width)[1]


def _rows(
    positions: ArrayLike, length: ArrayLike, half_width: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    rows = np.asarray(positions, np.int64)[..., None] + np.arange(-half_width, half_width + 1)
    return rows, (rows < 0) | (rows >= np.asarray(length))


def _as_float32(matrix: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    # The builder of matrices writes infinities as the largest float64: in float32, infinities.
    with np.errstate(over="ignore"):
        return matrix.astype(np.float32, copy=False)
