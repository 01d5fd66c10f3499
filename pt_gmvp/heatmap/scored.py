"""A map of a transcript that is scored on the spot."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pt_gmvp.config import CENTER
from pt_gmvp.heatmap.grid import Grid, GridError
from pt_gmvp.model import GMVP
from pt_gmvp.prediction import AMINO_ACIDS, predict_transcript
from pt_gmvp.transcripts import protein_of

_AT_ONCE = 384
"""Positions scored at a time, so that a bar can move, and titin's matrix is not padded anew for
every batch."""


def scored_grid(
    models: Mapping[str, GMVP],
    transcript: str,
    matrix: NDArray[np.float64],
    region: tuple[int, int] | None = None,
    advance: Callable[[float], None] = lambda units: None,
) -> Grid:
    """Score every substitution of a protein, or of a part of it.

    Args:
        models: one or more, by name, in evaluation mode.
        transcript: its id.
        matrix: (protein length, 435), its feature matrix.
        region: first and last position, from 1; None for all.
        advance: called with the number of positions done since the last call.

    Raises:
        GridError: the region is beyond the protein, or a score is not finite.
    """
    length = len(matrix)
    first, last = region or (1, length)
    if last > length:
        raise GridError(f"region {first}-{last}: {transcript} has positions 1 to {length}")
    parts = []
    for start in range(first, last + 1, _AT_ONCE):
        end = min(start + _AT_ONCE - 1, last)
        parts.append(score_positions(models, matrix, start, end))
        advance(end - start + 1)
    scores = np.concatenate(parts, 1)
    bad = np.argwhere(~np.isfinite(scores))
    if len(bad):
        position = first + int(bad[:, 1].min())
        raise GridError(
            f"{transcript}: the scores at position {position} are not finite; do the features near"
            " it hold numbers beyond float32?"
        )
    return Grid(transcript, first, protein_of(matrix[first - 1 : last]), scores)


def score_positions(
    models: Mapping[str, GMVP], matrix: NDArray[np.floating[Any]], first: int, last: int
) -> NDArray[np.float64]:
    """Score the 20 residues at each of some positions: (20, positions), by the models' fast form.

    The one place that knows how scores are computed.
    """
    for model in models.values():
        model.form = "fast"
    # A window reaches no further than half its width; what is beyond the part cut out here is
    # beyond it too, or beyond the protein.
    start = max(first - 1 - CENTER, 0)
    with np.errstate(over="ignore"):  # a number beyond float32 is an infinity, as in the original
        part = matrix[start : last + CENTER].astype(np.float32)
    prediction = predict_transcript(list(models.values()), "", part)
    scores = prediction.probability.double().numpy().reshape(-1, len(AMINO_ACIDS)).T
    return scores[:, first - 1 - start : last - start]
