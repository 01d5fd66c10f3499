"""Rows of the inverse covariance, which takes a matrix of its own for each window."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.config import CENTER, RESIDUE_STATES, WINDOW
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.forms.fast.evol_encoder import invert
from pt_gmvp.forms.per_residue.counting import Features, Frequencies
from pt_gmvp.forms.per_residue.protein import Protein
from pt_gmvp.forms.per_residue.related import Related

# Windows that are inverted at once.
_WINDOWS = 4


class Inverting:
    """The counterpart of `Counting` for "inv_cov".

    Positions beyond the protein are part of the matrix: there, as in the windows of the original's
    records, all species have state 0, and nothing varies.
    """

    centered = False

    def __init__(self, encoder: EvolEncoder) -> None:
        self._encoder = encoder

    def features(
        self, protein: Protein, related: Related, frequencies: Frequencies, some: range
    ) -> Iterator[Features]:
        """Give the features of residues, in order."""
        every = torch.arange(RESIDUE_STATES, device=protein.states.device)
        for first in range(some.start, some.stop, _WINDOWS):
            part = range(first, min(first + _WINDOWS, some.stop))
            inverse = self._inverse(protein, frequencies.species.dtype, part)
            for center, rows in zip(part, inverse, strict=True):
                before = max(0, CENTER - center)
                inside = rows[before : before + related.lengths[center]]
                yield Features(center, _laid_out(inside), every)

    def _inverse(self, protein: Protein, dtype: torch.dtype, some: range) -> Tensor:
        """The centre's rows of the inverse for each window, (B, 129, 441)."""
        first, last = some.start - CENTER, some.stop + CENTER
        states = protein.states[max(first, 0) : last].to(dtype)
        beyond = (0, 0, max(-first, 0), max(last - len(protein), 0))
        windows = functional.pad(states, beyond).unfold(0, WINDOW, 1).mT
        return invert(self._encoder, windows)[1]


def _laid_out(rows: Tensor) -> Tensor:
    """Put 0 for the norm that there is not, and 1 for the bias, before the columns by states."""
    return functional.pad(functional.pad(rows, (1, 0), value=1), (1, 0))
