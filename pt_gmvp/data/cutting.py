"""Windows of a feature matrix, in the form that the model accepts."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.columns import CENTER, FEATURE_COLUMNS
from converters.windows import cut


class MatrixError(ValueError):
    """Raised for a feature matrix of another shape, or a position outside of it."""


def windows(matrix: NDArray[np.floating[Any]], positions: Iterable[int]) -> tuple[Tensor, Tensor]:
    """Cut the windows around some positions of a protein.

    Args:
        matrix: (protein length, 435), a transcript's feature matrix.
        positions: P positions, the first residue being 0.

    Returns:
        feature (P, L, 435) float32, zero outside of the protein, and mask (P, L) float32, 1 outside
        of the protein and at the centre, else 0.

    Raises:
        MatrixError: a matrix of another shape, or a position outside of the protein.
    """
    if matrix.ndim != 2 or matrix.shape[1] != FEATURE_COLUMNS:
        raise MatrixError(
            f"the feature matrix has shape {matrix.shape}; expected (length, {FEATURE_COLUMNS})"
        )
    centers = np.array(list(positions), np.int64)
    beyond = centers[(centers < 0) | (centers >= len(matrix))]
    if len(beyond):
        raise MatrixError(
            f"position {beyond[0]} is not in the protein; expected 0 to {len(matrix) - 1}"
        )
    feature, mask = cut(matrix, centers)
    mask[:, CENTER] = 1
    return torch.from_numpy(feature), torch.from_numpy(mask)
