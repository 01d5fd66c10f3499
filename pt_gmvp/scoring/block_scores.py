"""Scores of blocks of given variants: by the per-residue engine, or by the whole network."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.columns import RESIDUE
from converters.errors import InputError
from converters.features.folder import MatrixFile
from converters.residues import OTHER
from pt_gmvp.data import Batch, windows
from pt_gmvp.data.readahead import read_ahead
from pt_gmvp.forms.per_residue.engine import Scorer
from pt_gmvp.forms.per_residue.sites import Sites
from pt_gmvp.prediction import ensemble_probability
from pt_gmvp.runs.progress import Advance
from pt_gmvp.scoring.blocks import Blocks, Piece
from pt_gmvp.scoring.models import Ensemble, in_scoring_dtype, inverts_in_bf16
from pt_gmvp.scoring.working import as_array, memory_of, read_matrix

BEYOND = 255
"""In place of a residue: the position is beyond the protein; minus its length is the score."""
UNUSABLE = 254
"""In place of a residue: there is no matrix that can be used."""

Asked = list[tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]]
"""For each protein its matrix, the positions from 0, and the substitutes' codes."""


class BlockScores(NamedTuple):
    """Scores of a block's k substitutions.

    unusable: number of its transcripts with a matrix that cannot be read.
    residues: (k,) uint8, codes of the protein's residues, 0 to 20, BEYOND or UNUSABLE.
    scores: (k, 1), NaN where there is none.
    """

    block: int
    unusable: int
    residues: NDArray[np.uint8]
    scores: NDArray[np.floating[Any]]


class VariantScores(NamedTuple):
    """For each of K substitutions the protein's residue, as in BlockScores, and its score, (K,)."""

    residues: NDArray[np.uint8]
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, blocks: Blocks) -> Self:
        """Make room for the scores of all blocks."""
        count = len(blocks.code)
        return cls(np.full(count, UNUSABLE, np.uint8), np.full(count, np.nan))

    def add(
        self,
        blocks: Blocks,
        block: int,
        residues: NDArray[np.uint8],
        scores: NDArray[np.floating[Any]],
    ) -> None:
        """Take over the residues (k,) and scores (k, 1) of a block."""
        rows = slice(*blocks.bounds[block : block + 2])
        self.residues[rows], self.scores[rows] = residues, scores[:, 0]


class _Read(NamedTuple):
    """A block with its matrices; `good` (k,) bool is what can be scored."""

    block: int
    unusable: int
    residues: NDArray[np.uint8]
    lengths: NDArray[np.float64]
    good: NDArray[np.bool_]
    asked: Asked


def score_blocks(
    ensemble: Ensemble,
    blocks: Blocks,
    numbers: Iterable[int],
    keep: Callable[[BlockScores], None],
    advance: Advance,
) -> None:
    """Score blocks one after the other; each is kept as soon as it is scored.

    Args:
        ensemble: the models.
        blocks: what to score.
        numbers: the blocks to score, in this order.
        keep: called with each block's scores.
        advance: called with the number of each block's substitutions.

    Raises:
        InputError: the device has too little memory.
    """
    pending: deque[_Read] = deque()
    with (
        memory_of(ensemble),
        ensemble.precise(),
        closing(read_ahead(_read_each(blocks, numbers))) as found,
    ):
        for scores in _score_each(ensemble, found, pending):
            read = pending.popleft()
            made = np.full((len(read.residues), 1), np.nan, scores.dtype)
            made[read.residues == BEYOND, 0] = -read.lengths[read.residues == BEYOND]
            made[read.good, 0] = scores
            keep(BlockScores(read.block, read.unusable, read.residues, made))
            advance(len(read.residues))


def _score_each(
    ensemble: Ensemble, found: Iterable[_Read], pending: deque[_Read]
) -> Iterator[NDArray[np.floating[Any]]]:
    if inverts_in_bf16(ensemble):  # the network does so in float32, under autocast
        for read in found:
            pending.append(read)
            yield as_array(score_by_network(ensemble, read.asked))
        return

    def sites() -> Iterator[tuple[str, Sites]]:
        for read in found:
            pending.append(read)
            yield str(read.block), Sites.cut(read.asked)

    for _, scores in Scorer(in_scoring_dtype(ensemble)).score_sites(sites()):
        yield as_array(scores)


def score_by_network(ensemble: Ensemble, asked: Asked) -> Tensor:
    """Score substitutions by the whole network, one by one: (V,)."""
    found = [torch.empty(0)]
    for matrix, positions, codes in asked:
        distinct, which = np.unique(positions, return_inverse=True)
        feature, mask = windows(matrix, distinct)
        residues = matrix[positions, RESIDUE].clip(0, OTHER).astype(np.int64)
        batch = Batch(
            [],
            None,
            torch.from_numpy(residues),
            torch.from_numpy(codes),
            feature,
            mask,
            torch.from_numpy(which),
        )
        found.append(ensemble_probability(ensemble.models, batch.to(ensemble.device)).cpu())
    return torch.cat(found)


def _read_each(blocks: Blocks, numbers: Iterable[int]) -> Generator[_Read, None, None]:
    """Yield blocks with their matrices; the last one is kept, as the next block may need it."""
    last: tuple[MatrixFile | None, NDArray[np.float32] | None] = (None, None)
    for block in numbers:
        parts: list[tuple[NDArray[np.uint8], NDArray[np.float64]]] = []
        asked: Asked = []
        unusable = 0
        for piece in blocks.pieces(block):
            if piece.file is None or piece.file != last[0]:
                last = piece.file, _matrix_of(piece.file)
            matrix = last[1]
            unusable += matrix is None and piece.file is not None
            parts.append(_residues(matrix, piece))
            good = parts[-1][0] <= OTHER
            if matrix is not None and good.any():
                asked.append((matrix, piece.positions[good], piece.codes[good]))
        residues, lengths = (np.concatenate(each) for each in zip(*parts, strict=True))
        yield _Read(block, unusable, residues, lengths, residues <= OTHER, asked)


def _matrix_of(file: MatrixFile | None) -> NDArray[np.float32] | None:
    """Read a matrix; return None if it cannot be used, for a reason that `why_unusable` returns."""
    try:
        return None if file is None else read_matrix(file.path)
    except (InputError, OSError):
        return None


def why_unusable(file: MatrixFile) -> str:
    """Return why a matrix cannot be used."""
    try:
        read_matrix(file.path)
    except InputError as error:
        return str(error)
    except OSError as error:
        return f"{file.path}: {error.strerror or error}"
    return f"{file.path}: could not be read at first; run the same command again"


def _residues(
    matrix: NDArray[np.float32] | None, piece: Piece
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the residues at a piece's positions, or why there are none, and the length."""
    count = len(piece.positions)
    if matrix is None:
        return np.full(count, UNUSABLE, np.uint8), np.zeros(count)
    inside = piece.positions < len(matrix)
    found = np.full(count, BEYOND, np.uint8)
    found[inside] = matrix[piece.positions[inside], RESIDUE].clip(0, OTHER)
    return found, np.full(count, float(len(matrix)))
