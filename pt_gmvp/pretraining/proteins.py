"""Proteins to learn from: each residue's context node, and what is to be told of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.errors import InputError
from converters.features.files import load_matrix
from converters.features.folder import MatrixFolder
from converters.features.raw_files import read_list
from pt_gmvp.config import CENTER, SPECIES, WINDOW
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.model import ALIGNMENT, CONTEXT_COLUMNS, context_node
from pt_gmvp.pretraining.masking import Hidden, hide
from pt_gmvp.residues import ResidueCodeError, check_residues

FREQUENCIES = slice(20, 41)
"""Columns of the context node with the residues' frequencies, the gap's last."""
COUNTS = slice(431, 433)
_AT_ONCE = 2048


class PretrainError(InputError):
    """Proteins, or a folder, that a pre-training cannot use."""


class Targets(NamedTuple):
    """What is to be told of B positions.

    `distribution` (B, S), rows summing to 1; `weight` (B,), 0 where no species has an amino acid;
    `observed` and `expected` (B,) rare missense variants, expected 0 where there are no counts;
    `frequency` (B, 20), log10 of each substitute's allele frequency, NaN where it is not known.
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
    """Proteins in memory, about 400 bytes a residue.

    Args:
        matrices: each transcript's name and feature matrix, (length, 435).

    `names` and `lengths` go by protein, `sequences` too, residue codes as bytes; `places` has the
    row of each residue, of one protein after the other.

    Raises:
        PretrainError: a number too large for float32, or a residue code below 0.
    """

    def __init__(self, matrices: Iterable[tuple[str, NDArray[np.floating[Any]]]]) -> None:
        self.names: list[str] = []
        self.lengths: list[int] = []
        self.sequences: list[bytes] = []
        # Half a window of nothing lies between proteins, so that every window is one slice.
        nothing = torch.zeros(CENTER, CONTEXT_COLUMNS + 2)
        rows = [nothing]
        for name, matrix in matrices:
            self.names.append(name)
            self.lengths.append(len(matrix))
            rows += [described(name, matrix), nothing]
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

    def give_frequencies(self, found: Mapping[str, NDArray[np.float32]]) -> None:
        """Take over log10 allele frequencies of transcripts, (length, 20), NaN where unknown."""
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
        """Tell what is hidden at (B,) rows."""
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


def described(name: str, matrix: NDArray[np.floating[Any]]) -> Tensor:
    """Make the context nodes of a protein, and its missense counts: (length, 73 + 2) float32.

    Frequencies are those of gMVP's EvolEncoder with all species alike.
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
        raise PretrainError(
            f"{name}: row {row} of its matrix holds a number that float32 cannot; "
            "mend its counts, or leave it out of --transcripts"
        )
    return made


def _check(name: str, rows: Tensor) -> None:
    try:
        check_residues(name, rows[..., :1])
        check_residues(name, rows[..., ALIGNMENT][..., :SPECIES], first_column=ALIGNMENT.start)
    except ResidueCodeError as error:
        raise PretrainError(str(error).partition(";")[0]) from None


def find_transcripts(features: Path, listed: Path | None = None) -> dict[str, Path]:
    """Find the matrices of the transcripts of a list, or all of a folder, by name.

    Raises:
        PretrainError: a transcript without a matrix, or fewer than two.
        InputError: the list cannot be used.
        OSError: the folder or the list cannot be read.
    """
    folder = MatrixFolder(features)
    names = folder.transcripts() if listed is None else read_list(listed)
    found = {name: folder.find(name) for name in names}
    missing = [name for name, file in found.items() if file is None]
    if missing:
        raise PretrainError(
            f"{features}: has no matrix of {missing[0]} ({len(missing)} of {len(found)} missing); "
            "make it by gmvp-convert features, or take it off the list"
        )
    if len(found) < 2:
        raise PretrainError(
            f"{features}: {len(found)} transcripts; expected two or more, some to learn from and "
            "some to judge by"
        )
    return {name: file.path for name, file in found.items() if file is not None}


def read_matrices(paths: Mapping[str, Path]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Read matrices, one at a time; InputError names one that cannot be used."""
    for name, path in paths.items():
        yield name, load_matrix(path)
