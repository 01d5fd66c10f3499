"""All substitutions of proteins, scored by an ensemble."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pt_gmvp.model import GMVP
from pt_gmvp.prediction import AMINO_ACIDS, predict_transcript

_BATCH = 160
"""Substitutions in a batch: all of eight positions, which share their windows."""


class Scorer:
    """Scores all 20 substitutions at every residue of proteins with an ensemble.

    Args:
        models: one or more, on the device to compute on, in evaluation mode.
    """

    def __init__(self, models: Sequence[GMVP]) -> None:
        self.models = models

    def score(
        self, proteins: Iterable[tuple[str, NDArray[np.floating[Any]]]]
    ) -> Iterator[tuple[str, Tensor]]:
        """Score proteins as they come, and give them in their order.

        Args:
            proteins: ids and feature matrices, (length, 435).

        Yields:
            The id, and the mean of the models' probabilities, (length, 20), on the CPU.
        """
        for transcript, matrix in proteins:
            found = predict_transcript(self.models, transcript, matrix, _BATCH)
            yield transcript, found.probability.reshape(-1, len(AMINO_ACIDS))
