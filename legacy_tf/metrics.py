"""Metrics of scores for two classes; scikit-learn and scipy are imported on first use."""

import math

import numpy as np

NAMES = ("auroc", "aupr", "mann_whitney_p", "spearman")


def evaluate(labels: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Compare scores (V,) with labels (V,) of 0 and 1.

    Returns "auroc"; "aupr", the area under the precision-recall curve by the trapezoidal rule;
    "mann_whitney_p", the two-sided p-value of the two classes' scores; and "spearman", the rank
    correlation. Undefined values are NaN, as with only one class.
    """
    positive = labels == 1
    if positive.all() or not positive.any():
        return dict.fromkeys(NAMES, math.nan)
    from scipy.stats import mannwhitneyu, spearmanr
    from sklearn.metrics import auc, precision_recall_curve, roc_auc_score

    precision, recall, _ = precision_recall_curve(labels, scores)
    test = mannwhitneyu(scores[positive], scores[~positive], alternative="two-sided")
    constant = np.all(scores == scores[0])
    return {
        "auroc": float(roc_auc_score(labels, scores)),
        "aupr": float(auc(recall, precision)),
        "mann_whitney_p": float(test.pvalue),
        "spearman": math.nan if constant else float(spearmanr(labels, scores).statistic),
    }
