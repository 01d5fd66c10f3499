"""A protein as it is scored: what of its feature matrix no model changes."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pt_gmvp.config import FEATURE_COLUMNS, RESIDUE_STATES, SPECIES
from pt_gmvp.data import MatrixError
from pt_gmvp.forms.fast.counting import states
from pt_gmvp.model import ALIGNMENT, PROFILE, RESIDUE, STRUCTURE_AND_COUNTS
from pt_gmvp.residues import ResidueCodeError

# One state more than there are, for residue codes that are none.
STATES = RESIDUE_STATES + 1
_CODES = slice(ALIGNMENT.start, ALIGNMENT.start + SPECIES)


@dataclass(frozen=True)
class Protein:
    """A protein of n residues.

    residues: (n,) int64, its own, 0 to 19, 20 for any other.
    profile, structure: (n, 20) and (n, 12) float32, columns of the feature matrix; of the latter
        the last two are not for the residue that is itself scored.
    states: (n, 200) int64, 0 to 20, 21 for codes that are none.
    present: (n, 22) bool, which states there are in a column of the alignment.
    commonest: (n,) int64, the state of most species.
    strange: whether any state is 21.
    """

    residues: Tensor
    profile: Tensor
    structure: Tensor
    states: Tensor
    present: Tensor
    commonest: Tensor
    strange: bool

    @classmethod
    def read(cls, name: str, matrix: NDArray[np.floating[Any]], device: torch.device) -> Self:
        """Take what is needed from a feature matrix (n, 435), as float32, as all readers do.

        Raises:
            MatrixError: another shape, or a number of the profile or structure that is not finite.
            ResidueCodeError: a residue code that is NaN, infinite or negative.
        """
        if matrix.ndim != 2 or matrix.shape[1] != FEATURE_COLUMNS:
            raise MatrixError(
                f"{name}: the feature matrix has shape {matrix.shape}; expected "
                f"(length, {FEATURE_COLUMNS})"
            )
        rows = torch.as_tensor(matrix, dtype=torch.float32)
        _check_codes(name, rows)
        _check_finite(name, rows)
        residues = states(rows[:, RESIDUE]).clamp(max=RESIDUE_STATES - 1)
        found = states(rows[:, _CODES])
        counts = torch.zeros(len(rows), STATES).scatter_add_(1, found, torch.ones(found.shape))
        return cls(
            residues=residues.to(device),
            profile=rows[:, PROFILE].to(device),
            structure=rows[:, STRUCTURE_AND_COUNTS].to(device),
            states=found.to(device),
            present=(counts > 0).to(device),
            commonest=counts.argmax(1).to(device),
            strange=bool(counts[:, RESIDUE_STATES].any()),
        )

    def __len__(self) -> int:
        """Count its residues."""
        return len(self.residues)


def _check_codes(name: str, rows: Tensor) -> None:
    columns = torch.tensor([RESIDUE, *range(_CODES.start, _CODES.stop)])
    codes = rows[:, columns]
    refused = ~(codes.isfinite() & (codes > -1))
    if refused.any():
        row, place = refused.nonzero()[0].tolist()
        raise ResidueCodeError(
            f"{name}: residue code {codes[row, place]:g} at residue {row + 1}, column "
            f"{columns[place]} of its feature matrix; expected 0 to 20 (0 to 19 amino acids, 20 "
            "gap or unknown); build the matrix anew",
            row,
        )


def _check_finite(name: str, rows: Tensor) -> None:
    columns = [*range(PROFILE.start, PROFILE.stop)]
    columns += range(STRUCTURE_AND_COUNTS.start, STRUCTURE_AND_COUNTS.stop)
    refused = ~rows[:, columns].isfinite()
    if refused.any():
        row, place = refused.nonzero()[0].tolist()
        raise MatrixError(
            f"{name}: {rows[row, columns[place]]:g} at residue {row + 1}, column {columns[place]} "
            "of its feature matrix; expected a finite number, in float32 too; build the matrix anew"
        )
