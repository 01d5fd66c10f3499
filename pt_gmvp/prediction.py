"""Scores of variants: the mean probability of several models."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.atomic import file_beside
from pt_gmvp.config import CENTER
from pt_gmvp.data import Batch, read_batches, windows
from pt_gmvp.model import GMVP

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
UNKNOWN = "*"


class Prediction(NamedTuple):
    """Names of variants, and their probabilities of being pathogenic, (number of variants,)."""

    var_id: list[str]
    probability: Tensor


@torch.inference_mode()
def ensemble_probability(models: Sequence[GMVP], batch: Batch) -> Tensor:
    """Mean of the models' probabilities, not of their logits: (B,), in their dtype.

    The models are called as they are, in training mode with dropout; `from_pretrained` leaves them
    in evaluation mode.

    Raises:
        ValueError: no model was given.
    """
    if not models:
        raise ValueError("no model was given; expected one or more to take the mean of")
    return torch.stack([_widened(model(*batch.inputs)).sigmoid() for model in models]).mean(0)


def _widened(logits: Tensor) -> Tensor:
    """Logits as they are, but float32 where they were computed in bfloat16: a mean needs digits."""
    return logits.float() if logits.dtype == torch.bfloat16 else logits


def predict(models: Sequence[GMVP], batches: Iterable[Batch]) -> Prediction:
    """Score batches one after the other, on the device of the first model."""
    names: list[str] = []
    probabilities: list[Tensor] = []
    for batch in batches:
        names += batch.var_id
        on_device = batch.to(models[0].logit.weight.device) if models else batch
        probabilities.append(ensemble_probability(models, on_device).cpu())
    return Prediction(names, torch.cat(probabilities) if probabilities else torch.empty(0))


def predict_records(models: Sequence[GMVP], path: str | Path, batch_size: int = 128) -> Prediction:
    """Score the variants of a record file, in its order; see `read_batches` for what it raises."""
    return predict(models, read_batches(path, batch_size))


def predict_transcript(
    models: Sequence[GMVP],
    transcript: str,
    matrix: NDArray[np.floating[Any]],
    batch_size: int = 128,
) -> Prediction:
    """Score every substitution of a protein; see `substitutions`.

    Raises:
        MatrixError: a feature matrix of another shape.
    """
    return predict(models, substitutions(transcript, matrix, batch_size))


def substitutions(
    transcript: str, matrix: NDArray[np.floating[Any]], batch_size: int
) -> Iterator[Batch]:
    """Make batches of all 20 residues at each position, the protein's own among them.

    They are named `<transcript>_<position, from 1>_<residue>_<substitute>`. Those of one position
    share their window, which the model then encodes but once.

    Args:
        transcript: its id.
        matrix: (protein length, 435), its feature matrix.
        batch_size: the number of substitutions in a batch; the last may be smaller.
    """
    states = len(AMINO_ACIDS)
    number = len(matrix) * states
    for start in range(0, number, batch_size):
        variants = torch.arange(start, min(start + batch_size, number))
        positions, alt_aa = variants // states, variants % states
        first, last = start // states, int(positions[-1])
        feature, mask = windows(matrix, range(first, last + 1))
        ref_aa = feature[:, CENTER, 0].to(torch.int64)[positions - first]
        names = [
            f"{transcript}_{position + 1}_{_letter(ref)}_{_letter(alt)}"
            for position, ref, alt in zip(
                positions.tolist(), ref_aa.tolist(), alt_aa.tolist(), strict=True
            )
        ]
        yield Batch(names, None, ref_aa, alt_aa, feature, mask, positions - first)


def _letter(code: int) -> str:
    return AMINO_ACIDS[code] if 0 <= code < len(AMINO_ACIDS) else UNKNOWN


def write_predictions(path: str | Path, prediction: Prediction) -> None:
    """Write a tab-separated table with the columns var and gMVP; it appears whole or not at all.

    A probability is printed with the digits that tell its float64 value apart from every other.

    Raises:
        OSError: the file cannot be written.
    """
    rows = zip(prediction.var_id, prediction.probability.tolist(), strict=True)
    with file_beside(path) as beside, open(beside, "w", encoding="utf-8", newline="\n") as file:
        file.write("var\tgMVP\n")
        file.writelines(f"{name}\t{probability!r}\n" for name, probability in rows)
