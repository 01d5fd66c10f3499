"""Validation: scores of the held-out variants, shared among processes, and metrics of them."""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pt_gmvp.data import VariantDataset
from pt_gmvp.optim import loss
from pt_gmvp.training.learner import Learner

RANKINGS = ("auroc", "aupr", "mann_whitney_p", "spearman")


def score(learner: Learner, data: VariantDataset, batch_size: int) -> NDArray[np.float32]:
    """Return the logits of all variants without dropout, (V,) float32, on every process.

    Of R processes each takes every R-th variant of a batch; if the last batch has fewer variants
    than there are processes, some skip it.
    """
    world = learner.world
    learner.model.eval()
    logits = torch.zeros(len(data), device=world.device)
    with torch.no_grad():
        for start in range(0, len(data), batch_size):
            in_batch = range(start, min(start + batch_size, len(data)))
            numbers = list(in_batch[world.rank :: world.size])
            if numbers:
                batch = data.__getitems__(numbers).to(world.device)
                logits[numbers] = learner.predict(batch)
    learner.model.train()
    gathered: NDArray[np.float32] = world.sum(logits).cpu().numpy()
    return gathered


def evaluate(logits: NDArray[np.float32], labels: NDArray[np.float32]) -> dict[str, float]:
    """Return the mean loss, computed in float64, and the rankings of the probabilities."""
    value = loss(torch.from_numpy(logits).double(), torch.from_numpy(labels)).item()
    return {"loss": value} | rank(labels, probabilities(logits))


def rank(labels: NDArray[Any], scores: NDArray[Any]) -> dict[str, float]:
    """Return how well scores (V,) separate the classes of labels (V,), 0 and 1.

    "auroc"; "aupr", the trapezoid rule on the precision-recall curve; "mann_whitney_p", two-sided,
    of the two classes' scores; "spearman", the rank correlation. What is undefined, for instance
    with a single class, is NaN; if any score is NaN, so are all of them.
    """
    positive = labels == 1
    if positive.all() or not positive.any() or np.isnan(scores).any():
        return dict.fromkeys(RANKINGS, math.nan)
    # Imported when first needed: they are slow to import.
    from scipy.stats import mannwhitneyu, spearmanr
    from sklearn.metrics import auc, precision_recall_curve, roc_auc_score

    precision, recall, _ = precision_recall_curve(labels, scores)
    test = mannwhitneyu(scores[positive], scores[~positive], alternative="two-sided")
    constant = bool((scores == scores[0]).all())
    return {
        "auroc": float(roc_auc_score(labels, scores)),
        "aupr": float(auc(recall, precision)),
        "mann_whitney_p": float(test.pvalue),
        "spearman": math.nan if constant else float(spearmanr(labels, scores).statistic),
    }


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sigmoid of logits, float32."""
    found: NDArray[np.float32] = torch.from_numpy(logits).sigmoid().numpy()
    return found
