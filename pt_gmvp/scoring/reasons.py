"""Reasons why variants of a table have no score."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.residues import OTHER, letter
from converters.variants import records
from converters.variants.listing import Listing
from converters.variants.rows import Rows
from pt_gmvp.scoring.block_scores import BEYOND, UNUSABLE, VariantScores, why_unusable
from pt_gmvp.scoring.blocks import Blocks
from pt_gmvp.scoring.predictions import NOT_FINITE

Reason = tuple[str, str]
"""Kind, for counts, and detail, for messages."""


def scored_rows(rows: Rows, scores: VariantScores, which: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which variants have a score, (n,): it is finite, and the reference residue is right.

    Args:
        rows: the variants.
        scores: of the distinct substitutions.
        which: each variant's substitution, (n,).
    """
    there: NDArray[np.bool_] = scores.residues[which] == records.codes(rows.ref)
    return there & np.isfinite(scores.scores)[which]


class Reasons:
    """Reasons for the variants of a run; see `scored_rows` for the arguments."""

    def __init__(
        self,
        rows: Rows,
        which: NDArray[np.int64],
        blocks: Blocks,
        scores: VariantScores,
        features: Path,
    ) -> None:
        self._rows, self._which = rows, which
        self._blocks, self._scores = blocks, scores
        self._features = features
        self._of_matrix: dict[int, Reason] = {}

    def list_unscored(self, tables: Sequence[Path], listed: Listing) -> None:
        """Add each variant without a score to a list, with its line and reason."""
        rows = self._rows
        for number in np.flatnonzero(~scored_rows(rows, self._scores, self._which)).tolist():
            table, line = str(tables[rows.table[number]]), int(rows.line[number])
            listed.add(table, line, rows.name(number), *self._reason(number), True)

    def _reason(self, number: int) -> Reason:
        at = self._which[number]
        transcript = int(self._blocks.transcript[at])
        name = self._blocks.transcripts[transcript]
        position, there = self._rows.position[number], int(self._scores.residues[at])
        if there == UNUSABLE:
            if transcript not in self._of_matrix:
                self._of_matrix[transcript] = self._matrix_reason(transcript)
            return self._of_matrix[transcript]
        if there == BEYOND:
            length = -int(self._scores.scores[at])
            detail = f"position {position} is beyond the protein of {name}, {length:,} residues"
            return records.BEYOND, detail
        if there != int(records.codes(self._rows.ref[number : number + 1])[0]):
            found = "no known residue" if there == OTHER else letter(there)
            said = chr(self._rows.ref[number])
            return records.MISMATCH, f"{name} has {found} at position {position}, not {said}"
        return NOT_FINITE, f"{NOT_FINITE}; are numbers in its matrix far out of the usual range?"

    def _matrix_reason(self, transcript: int) -> Reason:
        name, file = self._blocks.transcripts[transcript], self._blocks.files[transcript]
        if file is None:
            return records.NO_MATRIX, f"no {name}.npy or .pickle in {self._features}"
        return records.UNUSABLE, why_unusable(file)
