"""Residues to score: all of a protein, or some of several proteins together.

Where few residues of a protein are asked for, only the rows of their windows are needed. Such
pieces of several proteins are put one after the other and computed together.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.columns import CENTER, FEATURE_COLUMNS, WINDOW


class Sites(NamedTuple):
    """Substitutions at C residues of several proteins, and the rows that their windows see.

    rows: (n, 435) float32, pieces of feature matrices one after the other.
    lengths: the pieces' numbers of rows.
    centers: (C,) int64, the rows of these residues, ascending.
    center, substitute: (V,) int64, for each substitution the number of its residue among these,
        ascending, and the code of its amino acid, 0 to 19.
    """

    rows: NDArray[np.float32]
    lengths: tuple[int, ...]
    centers: NDArray[np.int64]
    center: NDArray[np.int64]
    substitute: NDArray[np.int64]

    @classmethod
    def cut(
        cls,
        asked: Iterable[tuple[NDArray[np.floating[Any]], NDArray[np.int64], NDArray[np.int64]]],
    ) -> Self:
        """Cut what is needed of some proteins.

        Args:
            asked: for each protein its matrix, (length, 435), and the positions, ascending from 0,
                and codes, 0 to 19, of the substitutions asked for.
        """
        pieces: list[NDArray[np.floating[Any]]] = []
        centers: list[NDArray[np.int64]] = []
        center: list[NDArray[np.int64]] = []
        substitute: list[NDArray[np.int64]] = []
        before = known = 0
        for matrix, positions, codes in asked:
            distinct, which = np.unique(positions, return_inverse=True)
            center.append(which + known)
            substitute.append(codes)
            known += len(distinct)
            for some in _together(distinct):
                first, last = max(some[0] - CENTER, 0), min(some[-1] + CENTER + 1, len(matrix))
                pieces.append(matrix[first:last])
                centers.append(some - first + before)
                before += last - first
        rows = np.empty((before, FEATURE_COLUMNS), np.float32)
        if pieces:
            np.concatenate(pieces, out=rows, casting="same_kind")
        return cls(
            rows,
            tuple(len(piece) for piece in pieces),
            _joined(centers),
            _joined(center),
            _joined(substitute),
        )


def _together(positions: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Split ascending positions where no row is in the windows of both sides."""
    if not len(positions):
        return []
    return np.split(positions, np.flatnonzero(np.diff(positions) >= WINDOW) + 1)


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


class Windows(NamedTuple):
    """Windows of C residues in n rows of proteins.

    whole: whether the rows are a protein, and the residues all of it.
    center: (C,) int64, the residues' rows. first, last: (C,) int64, the rows of their windows that
        are inside their proteins, the latter excluded.
    """

    whole: bool
    center: Tensor
    first: Tensor
    last: Tensor

    @classmethod
    def of_protein(cls, length: int, device: torch.device) -> Self:
        """Return the windows of all residues of a protein."""
        center = torch.arange(length, device=device)
        first = (center - CENTER).clamp(min=0)
        return cls(True, center, first, (center + CENTER + 1).clamp(max=length))

    @classmethod
    def of_sites(cls, sites: Sites, device: torch.device) -> Self:
        """Return the windows of the residues to score."""
        ends = np.cumsum(sites.lengths)
        piece = np.searchsorted(ends, sites.centers, "right")
        first = np.maximum(sites.centers - CENTER, np.append(0, ends)[piece])
        last = np.minimum(sites.centers + CENTER + 1, ends[piece])
        given = (torch.from_numpy(each).to(device) for each in (sites.centers, first, last))
        return cls(False, *given)

    def rows(self, some: range) -> tuple[Tensor, Tensor]:
        """Return the rows of some windows, and which are inside their proteins: (B, 129) both.

        Those outside are replaced by the nearest row inside.
        """
        these = slice(some.start, some.stop)
        offsets = torch.arange(-CENTER, CENTER + 1, device=self.center.device)
        first, last = self.first[these, None], self.last[these, None] - 1
        rows = self.center[these, None] + offsets
        return rows.clamp(first, last), (rows >= first) & (rows <= last)
