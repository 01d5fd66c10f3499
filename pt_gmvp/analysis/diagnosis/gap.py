"""The gap between the variants trained on and those held out, without dropout, by one model.

The training loss that a run writes is no match for its validation loss: dropout makes it larger,
and it is a mean over weights that moved meanwhile.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.finished import FinishedRun, Predicted
from pt_gmvp.analysis.diagnosis.folds import transcripts_of
from pt_gmvp.analysis.diagnosis.noise import Estimate, auroc, beyond_chance, mean
from pt_gmvp.data import VariantDataset
from pt_gmvp.model import GMVP

QUESTION = "training against validation"


@dataclass(frozen=True)
class Gap:
    """Losses and AUROC of the kept model on a sample of the training's variants and on the others.

    `learnt` and `carries` say whether either AUROC is beyond chance.
    """

    epoch: int
    training_loss: Estimate
    validation_loss: Estimate
    training_auroc: Estimate
    validation_auroc: Estimate
    learnt: bool
    carries: bool


def measure(run: FinishedRun, data: VariantDataset, sample: int, seed: int) -> Gap:
    """Score a sample of the training's variants with the kept model, and compare.

    Args:
        run: whose model.
        data: what it was trained on.
        sample: how many variants at most, drawn by `seed`.
    """
    random = np.random.default_rng(seed)
    number = min(sample, len(data))
    chosen = sorted(random.choice(len(data), number, replace=False).tolist())
    model = GMVP.from_pretrained(run.folder.weights(run.kept))
    batch_size = int(run.config["training"]["batch_size"])
    return compare(run.kept, _score(model, data, chosen, batch_size), run.predicted(run.kept))


def compare(epoch: int, training: Predicted, validation: Predicted) -> Gap:
    """Compare two folds' predictions."""
    loss, rank = [], []
    for fold in (training, validation):
        genes = transcripts_of(fold.names)
        loss.append(mean(fold.losses, genes))
        rank.append(auroc(fold.labels, fold.probabilities, genes))
    return Gap(
        epoch,
        training_loss=loss[0],
        validation_loss=loss[1],
        training_auroc=rank[0],
        validation_auroc=rank[1],
        learnt=beyond_chance(training.labels, rank[0]),
        carries=beyond_chance(validation.labels, rank[1]),
    )


@torch.inference_mode()
def _score(model: GMVP, data: VariantDataset, numbers: list[int], batch_size: int) -> Predicted:
    names: list[str] = []
    scores: list[NDArray[np.float64]] = []
    labels: list[NDArray[np.float64]] = []
    for start in range(0, len(numbers), batch_size):
        batch = data.__getitems__(numbers[start : start + batch_size])
        assert batch.label is not None, "what was trained on has labels"
        names += batch.var_id
        scores.append(model(*batch.inputs).sigmoid().double().numpy())
        labels.append(batch.label.double().numpy())
    return Predicted(names, np.concatenate(scores), np.concatenate(labels))


def answer(found: Gap) -> Answer:
    """Say how far the two are apart, and whether anything was learnt at all."""
    loss = found.validation_loss.minus(found.training_loss)
    rank = found.training_auroc.minus(found.validation_auroc)
    wide = "beyond noise" if loss.above() or rank.above() else "within noise"
    told = [
        Finding(
            f"the model of epoch {found.epoch} has an AUROC of {found.training_auroc} on "
            f"{found.training_auroc.variants:,} of the variants trained on and of "
            f"{found.validation_auroc} on those held out; the gap, {rank} in AUROC and {loss} in "
            f"loss, is {wide}"
        )
    ]
    if not found.learnt:
        told.append(
            Finding(
                "it does not tell the classes apart beyond chance even where it was trained",
                Fault.UNDERFITS,
            )
        )
    elif not found.carries and rank.above():
        told.append(
            Finding(
                "what it has learnt of the variants trained on does not carry over to others: "
                "there its AUROC is not above 0.5 beyond noise",
                Fault.UNLEARNABLE,
            )
        )
    elif not found.carries:
        told.append(
            Finding(
                f"{found.validation_auroc.variants:,} held-out variants are too few to tell "
                "whether anything carries over to them",
                Fault.UNLEARNABLE,
                certain=False,
            )
        )
    return Answer(QUESTION, told, numbers=found.__dict__)
