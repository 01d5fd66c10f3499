"""Windows of a feature matrix, as the model takes them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pt_gmvp.config import CENTER, FEATURE_COLUMNS, WINDOW


class MatrixError(ValueError):
    """A feature matrix of another shape, or a position that is not in it."""


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
    centers = torch.as_tensor(list(positions), dtype=torch.int64)
    outside = centers[(centers < 0) | (centers >= len(matrix))]
    if len(outside):
        raise MatrixError(
            f"position {outside[0].item()} is not in the protein; expected 0 to {len(matrix) - 1}"
        )
    # Padded by half a window on either side, the window of position p starts at row p.
    rows = torch.as_tensor(matrix, dtype=torch.float32)
    rows = functional.pad(rows, (0, 0, CENTER, CENTER))
    beyond = functional.pad(torch.zeros(len(matrix)), (CENTER, CENTER), value=1)
    index = centers[:, None] + torch.arange(WINDOW)
    mask = beyond[index]
    mask[:, CENTER] = 1
    return rows[index], mask


def window(matrix: NDArray[np.floating[Any]], position: int) -> tuple[Tensor, Tensor]:
    """Cut one window, as `windows` does: feature (L, 435) and mask (L,)."""
    feature, mask = windows(matrix, [position])
    return feature[0], mask[0]
