"""Calibration: whether 80 % of the variants with a probability of 0.8 are harmful.

Computes a table of bins with equal numbers of variants, the Brier score, the expected calibration
error, and a logistic regression of the labels on the logits, with intercept 0 and slope 1 for right
probabilities (Cox, doi:10.1093/biomet/45.3-4.562).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pt_gmvp.analysis.diagnosis.estimates import (
    CHANCE,
    UNDEFINED,
    Estimate,
    Floats,
    Labels,
    grouped,
    mean,
)
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding

QUESTION = "calibration"
BINS = 10
_DRAWS = 1000
_STEPS = 50


class Bin(NamedTuple):
    """Variants of similar probability: bounds, number, mean probability and mean label."""

    low: float
    high: float
    variants: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Calibration:
    """Difference between predicted probabilities and observed labels.

    Attributes:
        bins: the reliability table.
        brier: the mean squared error of the probabilities.
        brier_share: that of always predicting the share of harmful variants.
        error: the expected calibration error over the bins.
        by_chance: mean and standard deviation of that error if the probabilities were right.
        bias: mean of probability minus label.
        intercept, slope: of the labels' log odds on the logit; undefined for separable classes.
        p: p-value of intercept and slope if the probabilities are right (Wald, chi-squared).
    """

    bins: Sequence[Bin]
    brier: float
    brier_share: float
    error: float
    by_chance: Estimate
    bias: Estimate
    intercept: Estimate
    slope: Estimate
    p: float

    @property
    def wrong(self) -> bool:
        """Return whether the probabilities are wrong beyond noise, by the regression."""
        return self.p < CHANCE


def measure(
    labels: Labels, probabilities: Floats, clusters: Sequence[Any] | None = None, seed: int = 0
) -> Calibration:
    """Compare probabilities (V,) with labels (V,); `seed` is for the draws of random labels."""
    from sklearn.metrics import brier_score_loss

    p = np.asarray(probabilities, float)
    rows = bins_of(p)
    share = float(labels.mean())
    random = np.random.default_rng(seed)
    drawn = [_error(random.random(len(p)) < p, p, rows) for _ in range(_DRAWS)]
    intercept, slope, chance = regression(labels, p, clusters)
    return Calibration(
        [
            Bin(float(p[r].min()), float(p[r].max()), len(r), *_means(labels, p, r)[::-1])
            for r in rows
        ],
        float(brier_score_loss(labels, p, pos_label=1)),
        share * (1 - share),
        _error(labels, p, rows),
        Estimate(float(np.mean(drawn)), float(np.std(drawn)), _DRAWS),
        mean(p - labels, clusters),
        intercept,
        slope,
        chance,
    )


def bins_of(probabilities: Floats, number: int = BINS) -> list[NDArray[np.int64]]:
    """Return the rows of each bin; bins have equal sizes, but never split equal probabilities."""
    order = np.argsort(probabilities, kind="stable")
    ranked = probabilities[order]
    edges = {round(len(order) * part / number) for part in range(1, number)}
    # An edge among equal values moves to their end, so that their order does not matter.
    moved = {int(np.searchsorted(ranked, ranked[edge - 1], "right")) for edge in edges if edge}
    return [rows for rows in np.split(order, sorted(moved)) if len(rows)]


def _means(labels: Labels, p: Floats, rows: NDArray[np.int64]) -> tuple[float, float]:
    return float(labels[rows].mean()), float(p[rows].mean())


def _error(labels: Labels, p: Floats, rows: Sequence[NDArray[np.int64]]) -> float:
    """Return the expected calibration error: the bins' differences, weighted by their size."""
    return sum(abs(float((labels[r] - p[r]).sum())) for r in rows) / len(p)


def regression(
    labels: Labels, p: Floats, clusters: Sequence[Any] | None
) -> tuple[Estimate, Estimate, float]:
    """Return intercept and slope of the labels' log odds on the logits, and the p-value of (0, 1).

    Fitted by Newton's method; the standard errors are from the information matrix or between
    clusters, whichever give the larger p-value. Without a finite solution, the result is
    (undefined, undefined, 1).
    """
    from scipy.stats import chi2

    tiny = float(np.finfo(np.float32).eps)
    clipped = np.clip(np.asarray(p, float), tiny, 1 - tiny)
    x = np.stack([np.ones(len(p)), np.log(clipped / (1 - clipped))], 1)
    # Start at slope 0: from slope 1, Newton's method diverges if all are overconfident.
    beta = np.zeros(2)
    nothing = UNDEFINED, UNDEFINED, 1.0
    for _ in range(_STEPS):
        fitted = 1 / (1 + np.exp(-np.clip(x @ beta, -700, 700)))
        information = (x * (fitted * (1 - fitted))[:, None]).T @ x
        if np.linalg.cond(information) > 1e12:
            return nothing
        step = np.linalg.solve(information, x.T @ (labels - fitted))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    else:
        return nothing
    inverse = np.linalg.inv(information)
    covariances = [inverse, *_between(x * (labels - fitted)[:, None], inverse, clusters)]
    off = beta - [0.0, 1.0]
    departures = [float(off @ np.linalg.solve(c, off)) for c in covariances]
    errors = np.sqrt(np.max([np.diag(c) for c in covariances], axis=0))
    intercept, slope = (
        Estimate(float(b), float(e), len(p)) for b, e in zip(beta, errors, strict=True)
    )
    return intercept, slope, float(chi2.sf(min(departures), 2))


def _between(each: Floats, inverse: Floats, clusters: Sequence[Any] | None) -> list[Floats]:
    """Return the covariance between clusters (sandwich estimator), if there are enough clusters."""
    if clusters is None:
        return []
    sums = np.array([each[rows].sum(0) for rows in grouped(clusters)])
    if len(sums) < 3:
        return []
    return [inverse @ (sums.T @ sums * (len(sums) / (len(sums) - 1))) @ inverse]


def answer(found: Calibration, epoch: int) -> Answer:
    """Report whether the probabilities of an epoch are calibrated."""
    numbers = {**found.__dict__, "epoch": epoch, "bins": [each._asdict() for each in found.bins]}
    base = (
        f"expected calibration error {found.error:.3f}, expected by chance "
        f"{found.by_chance.value:.3f} ± {found.by_chance.error:.3f}; Brier {found.brier:.3f}, "
        f"{found.brier_share:.3f} for always predicting the share of harmful variants"
    )
    if not found.wrong:
        return Answer(
            QUESTION, [Finding(f"no departure from calibration beyond noise: {base}")], "", numbers
        )
    ways = []
    if found.slope.below(1):
        ways.append("overconfident")
    if found.slope.above(1):
        ways.append("underconfident")
    if found.bias.above():
        ways.append("too high")
    if found.bias.below():
        ways.append("too low")
    text = (
        f"the probabilities are {' and '.join(ways) or 'wrong'}: slope {found.slope} instead of 1, "
        f"on average {found.bias} above the labels; {base}"
    )
    return Answer(QUESTION, [Finding(text, Fault.MISCALIBRATED)], "", numbers)
