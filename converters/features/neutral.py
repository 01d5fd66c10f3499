"""Neutral values for an input that a protein does not have."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import FEATURE_COLUMNS, STRUCTURE
from converters.errors import InputError
from converters.features.files import load_matrix
from converters.features.folder import MatrixFolder

COUNTED = slice(STRUCTURE.stop, FEATURE_COLUMNS)
"""The four columns of observed and expected counts."""


class Neutral(NamedTuple):
    """The row of every position: `structure` (10,), `counts` (4,), and where they are from."""

    structure: NDArray[np.float64]
    counts: NDArray[np.float64]
    origin: str


BUILT_IN = Neutral(
    np.array([0.346, 0.221, 0.432, 0.386, 0.116, 0.382, -0.972, 0.135, 0.557, 0.687]),
    np.zeros(4),
    "neutral values",
)
"""Structure: the mean over the residues of the two proteins that ship with the project.

Counts: zeros, which the original, too, takes for a position without any.
"""


def mean_of(folder: Path) -> Neutral:
    """Return the means over all residues of a folder's matrices, such as those trained on.

    Raises:
        InputError: there is no matrix, or one cannot be used.
        OSError: the folder or a matrix cannot be read.
    """
    matrices = MatrixFolder(folder)
    total, residues = np.zeros(FEATURE_COLUMNS - STRUCTURE.start), 0
    for name in matrices.transcripts():
        file = matrices.find(name)
        if file is not None:
            rows = load_matrix(file.path)[:, STRUCTURE.start :]
            total += rows.sum(0)
            residues += len(rows)
    if not residues:
        raise InputError(f"{folder}: contains no feature matrix to take means of")
    mean = total / residues
    structure = STRUCTURE.stop - STRUCTURE.start
    return Neutral(mean[:structure], mean[structure:], f"means over {folder.name}")
