"""Given variants cut into blocks: each is scored in one piece, and kept in one piece.

A block is what at most 64 residues, neighbors by transcript and position, are asked for. Blocks
depend on the table alone, and so do the bits of the scores: not on what was scored before, nor on
the number of processes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.features.folder import MatrixFile, MatrixFolder
from converters.variants import records
from converters.variants.rows import Rows

RESIDUES = 64
"""Residues of a block: a core's cache holds most of their data."""
_POSITION_BITS, _CODE_BITS = 32, 5


class Piece(NamedTuple):
    """Substitutions asked for in one transcript, a part of a block.

    file: its matrix; None if there is none.
    positions: (k,) int64 from 0, ascending. codes: (k,) int64, 0 to 19.
    """

    transcript: str
    file: MatrixFile | None
    positions: NDArray[np.int64]
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """K distinct substitutions, by transcript, position and amino acid, in B blocks.

    transcripts, files: ids in order, and their matrices.
    transcript: (K,) int32, index of the transcript. position: (K,) int32 from 0. code: (K,) uint8.
    bounds: (B + 1,) int64, where each block begins.
    names: (B,), a digest of what each block's scores depend on, but for the models.
    """

    transcripts: list[str]
    files: list[MatrixFile | None]
    transcript: NDArray[np.int32]
    position: NDArray[np.int32]
    code: NDArray[np.uint8]
    bounds: NDArray[np.int64]
    names: list[str]

    def __len__(self) -> int:
        return len(self.names)

    def size(self, block: int) -> int:
        """Return the number of substitutions in a block."""
        return int(self.bounds[block + 1] - self.bounds[block])

    def pieces(self, block: int) -> Iterator[Piece]:
        """Yield what a block asks for, transcript by transcript."""
        first, last = self.bounds[block : block + 2]
        transcript = self.transcript[first:last]
        cuts = np.flatnonzero(np.diff(transcript)) + 1 + first
        for begin, end in pairwise([first, *cuts, last]):
            number = self.transcript[begin]
            yield Piece(
                self.transcripts[number],
                self.files[number],
                self.position[begin:end].astype(np.int64),
                self.code[begin:end].astype(np.int64),
            )


def cut_blocks(rows: Rows, features: Path) -> tuple[Blocks, NDArray[np.int64]]:
    """Cut variants into blocks.

    Args:
        rows: the variants.
        features: the folder of their matrices.

    Returns:
        The blocks, and the number of each variant's substitution in them, (n,) int64.

    Raises:
        OSError: the folder cannot be listed.
        InputError: an id is ambiguous in that folder.
    """
    folder = MatrixFolder(features)
    ids = sorted(range(len(rows.transcripts)), key=rows.transcripts.__getitem__)
    by_id = np.array(ids, np.int64)
    rank = np.empty(len(by_id), np.int64)
    rank[by_id] = np.arange(len(by_id))
    site = rank[rows.transcript] << _POSITION_BITS | (rows.position.astype(np.int64) - 1)
    keys, which = np.unique(site << _CODE_BITS | records.codes(rows.alt), return_inverse=True)
    site = keys >> _CODE_BITS
    number = np.cumsum(np.diff(site, prepend=site[:1]) != 0)
    bounds = np.flatnonzero(np.diff(number // RESIDUES, prepend=-1))
    transcripts = [rows.transcripts[each] for each in ids]
    blocks = Blocks(
        transcripts,
        [folder.find(name) for name in transcripts],
        (site >> _POSITION_BITS).astype(np.int32),
        (site & ((1 << _POSITION_BITS) - 1)).astype(np.int32),
        (keys & ((1 << _CODE_BITS) - 1)).astype(np.uint8),
        np.append(bounds, len(keys)),
        [],
    )
    blocks.names.extend(_digest(blocks, block) for block in range(len(bounds)))
    return blocks, which.reshape(-1)


def _digest(blocks: Blocks, block: int) -> str:
    found = hashlib.sha256()
    for transcript, file, positions, codes in blocks.pieces(block):
        stamp = None if file is None else (file.size, file.written)
        found.update(f"{transcript}\n{len(positions)}\n{stamp}\n".encode())
        found.update(positions.tobytes() + codes.tobytes())
    return found.hexdigest()[:32]
