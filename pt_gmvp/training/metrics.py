"""How well scores tell two classes apart. scikit-learn and scipy are imported when first used."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAMES = ("auroc", "aupr", "mann_whitney_p", "spearman")


def evaluate(labels: NDArray[Any], scores: NDArray[Any]) -> dict[str, float]:
    """Compare scores (V,) with labels (V,) of 0 and 1.

    "auroc"; "aupr", the trapezoid over the precision-recall curve; "mann_whitney_p", two-sided, of
    the two classes' scores; "spearman", the rank correlation. What is not defined, as where there
    is one class only, is NaN; so are all of them where a score is NaN.
    """
    positive = labels == 1
    if positive.all() or not positive.any() or np.isnan(scores).any():
        return dict.fromkeys(NAMES, math.nan)
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
