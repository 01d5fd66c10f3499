"""Proteins to learn from: each residue's context node, and the targets of its prediction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.columns import ALIGNED_RESIDUES, ALIGNMENT, CENTER, CONTEXT_COLUMNS, COUNTS, WINDOW
from converters.errors import InputError
from converters.features.files import load_matrix
from converters.features.folder import MatrixFolder
from converters.features.raw_files import read_list
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.model import context_node
from pt_gmvp.pretraining.masking import Hidden, hide
from pt_gmvp.residues import ResidueCodeError, check_residues

FREQUENCIES = slice(20, 41)
"""Columns of the context node with the residues' frequencies, the gap's last."""
_AT_ONCE = 2048


class Targets(NamedTuple):
    """Truth to predict for B positions.

    `distribution` (B, S), rows summing to 1; `weight` (B,), 0 if no species has an amino acid;
    `observed` and `expected` (B,) rare missense variants, expected 0 if there are no counts;
    `frequency` (B, 20), log10 of each substitute's allele frequency, NaN if unknown.
    """

    distribution: Tensor
    weight: Tensor
    observed: Tensor
    expected: Tensor
    frequency: Tensor

    def to(self, device: torch.device) -> "Targets":
        """Move every tensor to a device."""
        return Targets(*(tensor.to(device) for tensor in self))


class Proteins:
    """Proteins in memory, about 400 bytes per residue.

    Args:
        matrices: each transcript's name and feature matrix, (length, 435).

    `names`, `lengths` and `sequences` (residue codes as bytes) have an entry for each protein;
    `places` returns the rows of its residues.

    Raises:
        InputError: a number too large for float32, or a residue code below 0.
    """

    def __init__(self, matrices: Iterable[tuple[str, NDArray[np.floating[Any]]]]) -> None:
        self.names: list[str] = []
        self.lengths: list[int] = []
        self.sequences: list[bytes] = []
        # Half a window of zeros separates proteins, so that every window is one slice.
        gap = torch.zeros(CENTER, CONTEXT_COLUMNS + 2)
        rows = [gap]
        for name, matrix in matrices:
            self.names.append(name)
            self.lengths.append(len(matrix))
            rows += [describe(name, matrix), gap]
            self.sequences.append(matrix[:, 0].clip(max=255).astype(np.uint8).tobytes())
        joined = torch.cat(rows)
        self.context, self.counts = joined[:, :CONTEXT_COLUMNS], joined[:, CONTEXT_COLUMNS:]
        self.frequency = torch.full((len(joined), 20), torch.nan)
        self.outside = torch.ones(len(joined))
        first, starts = CENTER, []
        for length in self.lengths:
            self.outside[first : first + length] = 0
            starts.append(first)
            first += length + CENTER
        self.starts = starts

    def set_frequencies(self, found: Mapping[str, NDArray[np.float32]]) -> None:
        """Set log10 allele frequencies of transcripts, (length, 20), NaN where unknown."""
        for number, name in enumerate(self.names):
            if name in found:
                self.frequency[self.places([number])] = torch.from_numpy(found[name])

    def places(self, proteins: Sequence[int]) -> Tensor:
        """Return the rows of all residues of some proteins."""
        spans = [torch.arange(self.lengths[p]) + self.starts[p] for p in proteins]
        return torch.cat(spans) if spans else torch.empty(0, dtype=torch.int64)

    def hidden(self, places: Tensor, derived: bool = False) -> Hidden:
        """Cut the windows around (B,) rows and hide their centres."""
        index = places[:, None] + torch.arange(-CENTER, WINDOW - CENTER)
        return hide(self.context[index], self.outside[index], derived)

    def targets(self, places: Tensor, gap: bool = False) -> Targets:
        """Return the truth about what is hidden at (B,) rows."""
        shares = self.context[places][:, FREQUENCIES]
        if not gap:
            shares = shares[:, :20]
        total = shares.sum(-1)
        weight = (total > 0).to(shares.dtype)
        observed, expected = self.counts[places].unbind(-1)
        return Targets(
            shares / total.clamp(min=1e-30)[:, None],
            weight,
            observed,
            expected,
            self.frequency[places],
        )


def describe(name: str, matrix: NDArray[np.floating[Any]]) -> Tensor:
    """Make the context nodes of a protein, and its missense counts: (length, 73 + 2) float32.

    Frequencies are those of gMVP's EvolEncoder with equal weights of the species.
    """
    encoder = EvolEncoder("none", "none", validate=False)
    parts = []
    for start in range(0, len(matrix), _AT_ONCE):
        with np.errstate(over="ignore"):
            rows = torch.from_numpy(matrix[start : start + _AT_ONCE].astype(np.float32))[None]
        _check(name, rows)
        found, _ = encoder(rows[..., ALIGNMENT])
        parts.append(torch.cat([context_node(found, rows), rows[..., COUNTS]], -1)[0])
    made = torch.cat(parts)
    if not made.isfinite().all():
        row = int((~made.isfinite()).any(-1).nonzero()[0, 0])
        raise InputError(
            f"{name}: row {row} of its matrix contains a number beyond float32; "
            "correct its counts, or omit it from --transcripts"
        )
    return made


def _check(name: str, rows: Tensor) -> None:
    try:
        check_residues(name, rows[..., :1])
        species = rows[..., ALIGNED_RESIDUES]
        check_residues(name, species, first_column=ALIGNED_RESIDUES.start)
    except ResidueCodeError as error:
        raise InputError(str(error).partition(";")[0]) from None


def find_transcripts(features: Path, listed: Path | None = None) -> dict[str, Path]:
    """Find the matrices of a list's transcripts, or all in a folder, by name.

    Raises:
        InputError: a transcript without a matrix, or fewer than two.
        InputError: the list cannot be used.
        OSError: the folder or the list cannot be read.
    """
    folder = MatrixFolder(features)
    names = folder.transcripts() if listed is None else read_list(listed)
    found = {name: folder.find(name) for name in names}
    missing = [name for name, file in found.items() if file is None]
    if missing:
        raise InputError(
            f"{features}: has no matrix of {missing[0]} ({len(missing)} of {len(found)} missing); "
            "make it with gmvp-convert features, or remove it from the list"
        )
    if len(found) < 2:
        raise InputError(
            f"{features}: {len(found)} transcripts; expected at least two, some to train on and "
            "some to evaluate on"
        )
    return {name: file.path for name, file in found.items() if file is not None}


def read_matrices(paths: Mapping[str, Path]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield matrices, one at a time; InputError names one that cannot be used."""
    for name, path in paths.items():
        yield name, load_matrix(path)
