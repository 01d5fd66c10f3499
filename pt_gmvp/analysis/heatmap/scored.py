"""Map of a transcript, scored by models."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.data.transcripts import protein_of
from pt_gmvp.forms.per_residue.engine import Scorer
from pt_gmvp.model import GMVP

# Positions scored at a time, so that the progress bar moves.
_AT_ONCE = 384


def scored_grid(
    models: Mapping[str, GMVP],
    transcript: str,
    matrix: NDArray[np.float64],
    region: tuple[int, int] | None = None,
    advance: Callable[[float], None] = lambda units: None,
) -> Grid:
    """Score all substitutions in a protein, or in a part of it.

    Args:
        models: one or more, by name, in evaluation mode.
        transcript: its id.
        matrix: (protein length, 435), its feature matrix.
        region: first and last position, from 1; None for all.
        advance: called with the number of positions done since the last call.

    Raises:
        InputError: the region extends beyond the protein, or a score is not finite.
        MatrixError, ResidueCodeError: as for `Scorer.score`.
    """
    length = len(matrix)
    first, last = region or (1, length)
    if last > length:
        raise InputError(f"region {first}-{last}: {transcript} has positions 1 to {length}")
    scorer = Scorer(list(models.values()))
    parts = []
    for start in range(first, last + 1, _AT_ONCE):
        end = min(start + _AT_ONCE - 1, last)
        found = scorer.score_residues(transcript, matrix, range(start - 1, end))
        parts.append(found.double().numpy().T)
        advance(end - start + 1)
    scores = np.concatenate(parts, 1)
    bad = np.argwhere(~np.isfinite(scores))
    if len(bad):
        position = first + int(bad[:, 1].min())
        raise InputError(
            f"{transcript}: the scores at position {position} are not finite; check the models'"
            " weights"
        )
    return Grid(transcript, first, protein_of(matrix[first - 1 : last]), scores)
