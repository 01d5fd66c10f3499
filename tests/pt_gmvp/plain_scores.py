"""All substitutions of a protein, scored by the plain model with shared windows."""

from collections.abc import Sequence

import numpy as np
import torch

from converters.residues import AMINO_ACIDS
from pt_gmvp.data import Batch, windows
from pt_gmvp.data.transcripts import protein_of
from pt_gmvp.model import GMVP
from pt_gmvp.prediction import ensemble_probability


def score_substitutions(
    models: Sequence[GMVP], matrix: np.ndarray, size: int = 128
) -> torch.Tensor:
    """Return the mean probabilities of all 20 residues at each position, (length, 20)."""
    number, found = 20 * len(matrix), []
    for start in range(0, number, size):
        variants = torch.arange(start, min(start + size, number))
        positions = variants // 20
        feature, mask = windows(matrix, range(start // 20, int(positions[-1]) + 1))
        window = positions - start // 20
        residues = feature[:, 64, 0].long()[window]
        batch = Batch([], None, residues, variants % 20, feature, mask, window)
        found.append(ensemble_probability(models, batch))
    return torch.cat(found).view(-1, 20) if found else torch.empty(0, 20)


def substitution_names(transcript: str, matrix: np.ndarray) -> list[str]:
    """Return the names of these substitutions, as the original's tables have them."""
    return [
        f"{transcript}_{position}_{residue}_{substitute}"
        for position, residue in enumerate(protein_of(matrix), 1)
        for substitute in AMINO_ACIDS
    ]
