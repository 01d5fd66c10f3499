"""Gap between training and held-out variants, scored by one model without dropout.

The training loss in a run's metrics cannot be compared with its validation loss: it includes
dropout, and is a mean over weights that changed during the epoch.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pt_gmvp.analysis.diagnosis.estimates import Estimate, auroc, beyond_chance, mean
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.finished_run import FinishedRun, Predicted
from pt_gmvp.analysis.diagnosis.folds import transcripts_of
from pt_gmvp.data import VariantDataset
from pt_gmvp.model import GMVP

QUESTION = "training against validation"


@dataclass(frozen=True)
class Gap:
    """Loss and AUROC of the kept model on a sample of training variants and on held-out ones.

    `learned` and `generalizes` are whether the respective AUROC is beyond chance.
    """

    epoch: int
    training_loss: Estimate
    validation_loss: Estimate
    training_auroc: Estimate
    validation_auroc: Estimate
    learned: bool
    generalizes: bool


def measure(run: FinishedRun, data: VariantDataset, sample: int, seed: int) -> Gap:
    """Score a sample of the training variants with the kept model, and compare.

    Args:
        run: the run of the model.
        data: its training variants.
        sample: number of variants at most, drawn with `seed`.
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
        learned=beyond_chance(training.labels, rank[0]),
        generalizes=beyond_chance(validation.labels, rank[1]),
    )


@torch.inference_mode()
def _score(model: GMVP, data: VariantDataset, numbers: list[int], batch_size: int) -> Predicted:
    names: list[str] = []
    scores: list[NDArray[np.float64]] = []
    labels: list[NDArray[np.float64]] = []
    for start in range(0, len(numbers), batch_size):
        batch = data.__getitems__(numbers[start : start + batch_size])
        assert batch.label is not None, "training variants have labels"
        names += batch.var_id
        scores.append(model(*batch.inputs).sigmoid().double().numpy())
        labels.append(batch.label.double().numpy())
    return Predicted(names, np.concatenate(scores), np.concatenate(labels))


def answer(found: Gap) -> Answer:
    """Report the gap, and whether anything was learned at all."""
    loss = found.validation_loss.minus(found.training_loss)
    rank = found.training_auroc.minus(found.validation_auroc)
    wide = "beyond noise" if loss.above() or rank.above() else "within noise"
    training, validation = found.training_auroc, found.validation_auroc
    findings = [
        Finding(
            f"the model of epoch {found.epoch} has an AUROC of {training} on "
            f"{training.variants:,} of the training variants and of {validation} on the held-out "
            f"ones; the gap, {rank} in AUROC and {loss} in loss, is {wide}"
        )
    ]
    if not found.learned:
        text = "even on training variants its AUROC is not beyond chance"
        findings.append(Finding(text, Fault.UNDERFITS))
    elif not found.generalizes and rank.above():
        text = (
            "what it learned does not generalize to held-out variants: their AUROC is not "
            "beyond chance"
        )
        findings.append(Finding(text, Fault.UNLEARNABLE))
    elif not found.generalizes:
        text = (
            f"{validation.variants:,} held-out variants are too few to say whether the model "
            "generalizes to them"
        )
        findings.append(Finding(text, Fault.UNLEARNABLE, certain=False))
    return Answer(QUESTION, findings, numbers=found.__dict__)
