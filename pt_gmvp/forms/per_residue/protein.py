"""Protein to score: the model-independent part of its features, and the states to count."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from converters.columns import (
    ALIGNED_RESIDUES,
    FEATURE_COLUMNS,
    PROFILE,
    RESIDUE,
    RESIDUE_STATES,
    STRUCTURE_AND_COUNTS,
    WINDOW,
)
from pt_gmvp.data import MatrixError
from pt_gmvp.forms.fast.counting import states
from pt_gmvp.forms.per_residue.sites import Windows
from pt_gmvp.residues import ResidueCodeError

# One more than the real states, for codes that are not residues.
STATES = RESIDUE_STATES + 1


@dataclass(frozen=True)
class Protein:
    """A protein of n residues, or n rows of several.

    residues: (n,) int64, its own residues, 0 to 19, 20 for any other.
    profile, structure: (n, 20) and (n, 12) float32, columns of the feature matrix; the last two of
        the structure are hidden from the residue that is scored.
    states: (n, 200) int64, 0 to 20, 21 for codes that are not residues.
    present: (n, 22) bool, which states occur in a column of the alignment.
    commonest: (n,) int64, the state of most species.
    has_invalid: whether any state is 21.
    """

    residues: Tensor
    profile: Tensor
    structure: Tensor
    states: Tensor
    present: Tensor
    commonest: Tensor
    has_invalid: bool

    @classmethod
    def read(cls, name: str, matrix: NDArray[np.floating[Any]], device: torch.device) -> Self:
        """Take what is needed from a feature matrix (n, 435), as float32.

        Raises:
            MatrixError: another shape, or a number in profile or structure that is not finite.
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
        found = states(rows[:, ALIGNED_RESIDUES])
        counts = torch.zeros(len(rows), STATES).scatter_add_(1, found, torch.ones(found.shape))
        return cls(
            residues=residues.to(device),
            profile=rows[:, PROFILE].to(device),
            structure=rows[:, STRUCTURE_AND_COUNTS].to(device),
            states=found.to(device),
            present=(counts > 0).to(device),
            commonest=counts.argmax(1).to(device),
            has_invalid=bool(counts[:, RESIDUE_STATES].any()),
        )

    def __len__(self) -> int:
        """Return the number of residues."""
        return len(self.residues)


def _check_codes(name: str, rows: Tensor) -> None:
    columns = torch.tensor([RESIDUE, *range(ALIGNED_RESIDUES.start, ALIGNED_RESIDUES.stop)])
    codes = rows[:, columns]
    refused = ~(codes.isfinite() & (codes > -1))
    if refused.any():
        row, place = refused.nonzero()[0].tolist()
        raise ResidueCodeError(
            f"{name}: residue code {codes[row, place]:g} at residue {row + 1}, column "
            f"{columns[place]} of its feature matrix; expected 0 to 20 (0 to 19 amino acids, 20 "
            "gap or unknown); rebuild the matrix",
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
            "of its feature matrix; expected a finite number, in float32 too; rebuild the matrix"
        )


class CountPlan(NamedTuple):
    """Counts that relate C residues to their windows: V of n positions, compacted.

    Covariances are 0 where all species agree, so such positions are skipped. Over a residue's
    states they sum to 0, so those of its commonest state, which most species have, follow from the
    others' and are not counted. For joint frequencies everything is counted.

    windows: of the residues.
    states: (200, V + 129) int64, padded so that a window may begin anywhere.
    kept: (V,), the positions that are not skipped.
    first: (C,) int64, the first of these in a residue's window. lengths: their number there.
    place: (C, 129) int64, place of each window position among these; 129 for a skipped one.
    counted: (C, 22) bool, the states of a residue that are counted. sizes: their number.
    chosen: (C, 22) int64, the same by number, ascending, then 22. rank: (C, 22), their places.
    omitted: (C,) int64, the state that is not counted; None for joint frequencies.
    """

    windows: Windows
    states: Tensor
    kept: Tensor
    first: Tensor
    lengths: list[int]
    place: Tensor
    counted: Tensor
    sizes: list[int]
    chosen: Tensor
    rank: Tensor
    omitted: Tensor | None

    @classmethod
    def find(cls, protein: Protein, centered: bool, windows: Windows | None = None) -> Self:
        """Make the plan for covariances, if `centered`, or for joint frequencies.

        Args:
            protein: what was read of the rows.
            centered: whether covariances are counted.
            windows: of the residues to score; None for all of the protein.
        """
        device = protein.states.device
        windows = windows or Windows.of_protein(len(protein), device)
        differ, counted = protein.present.sum(1) > 1, protein.present[windows.center]
        omitted = protein.commonest[windows.center]
        if centered:
            counted.scatter_(1, omitted[:, None], False)
        else:
            differ = torch.ones_like(differ)
        before = functional.pad(differ.cumsum(0), (1, 0))
        first, last = before[windows.first], before[windows.last]
        rows, inside = windows.rows(range(len(windows.center)))
        kept = differ.nonzero()[:, 0]
        return cls(
            windows=windows,
            states=functional.pad(protein.states[kept].T, (0, WINDOW)).contiguous(),
            kept=kept,
            first=first,
            lengths=(last - first).tolist(),
            place=torch.where(inside & differ[rows], before[rows] - first[:, None], WINDOW),
            counted=counted,
            sizes=counted.sum(1).tolist(),
            chosen=torch.arange(STATES, device=device).where(counted, STATES).sort(1).values,
            rank=counted.cumsum(1) - 1,
            omitted=omitted if centered else None,
        )

    def starts(self, length: int) -> Tensor:
        """View all stretches of the compacted alignment by species and start, (.., length)."""
        every = self.states.numel() - length + 1
        return self.states.as_strided((every, length), (1, 1))
