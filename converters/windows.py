"""Windows of a protein: what a variant's record holds of the transcript's feature matrix."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FEATURE_COLUMNS = 435
HALF_WIDTH = 64


def cut(
    matrix: NDArray[np.floating[Any]], positions: NDArray[np.integer[Any]], half_width: int = 64
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cut the windows around some positions.

    Args:
        matrix: (protein length, columns), any floating dtype.
        positions: (P,) whole numbers within the protein, the first residue being 0.
        half_width: residues on either side; a window has 2 * half_width + 1 rows.

    Returns:
        feature (P, window, columns) float32, zero outside of the protein, and mask (P, window)
        float32, 1 outside of the protein and 0 within, the centre too.
    """
    rows = np.asarray(positions)[:, None] + np.arange(-half_width, half_width + 1)
    outside = (rows < 0) | (rows >= len(matrix))
    feature = matrix.astype(np.float32, copy=False)[np.where(outside, 0, rows)]
    feature[outside] = 0
    return feature, outside.astype(np.float32)
