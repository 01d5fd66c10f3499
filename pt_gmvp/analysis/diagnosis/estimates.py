"""Estimates with standard errors, and thresholds for what is beyond noise.

The variants of a gene are correlated, so their effective number is smaller. Standard errors are
computed over whole genes (clusters) if given, but are never below those over single variants, since
few clusters may underestimate them.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Labels = NDArray[Any]

SIGMAS = 3.0
"""Standard errors needed for a finding.

About fifteen tests are made per run; at 3, one-sided, each is positive by chance one time in 741,
so one in fifty healthy runs has a false finding.
"""
SUSPICION = 2.0
"""Standard errors needed for a suspicion: by chance one test in forty reaches them."""
CHANCE = 0.00135
"""SIGMAS as a one-sided probability."""


class Estimate(NamedTuple):
    """A number, its standard error, and the number of variants; NaN if undefined."""

    value: float
    error: float
    variants: int

    def above(self, other: float = 0.0, sigmas: float = SIGMAS) -> bool:
        """Return whether it is above a number beyond noise; False if undefined."""
        return self.value - other > sigmas * self.error

    def below(self, other: float = 0.0, sigmas: float = SIGMAS) -> bool:
        """Return whether it is below a number beyond noise; False if undefined."""
        return other - self.value > sigmas * self.error

    def minus(self, other: "Estimate") -> "Estimate":
        """Return the difference from an estimate on other variants."""
        error = math.hypot(self.error, other.error)
        return Estimate(self.value - other.value, error, min(self.variants, other.variants))

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            return "undefined"
        return f"{self.value:.3f} ± {self.error:.3f}"


UNDEFINED = Estimate(math.nan, math.nan, 0)


def sigmas_for(comparisons: int) -> float:
    """Return the standard errors needed for the best of several comparisons (Bonferroni)."""
    from scipy.stats import norm

    return float(norm.isf(CHANCE / max(comparisons, 1)))


def mean(values: Floats, clusters: Sequence[Any] | None = None) -> Estimate:
    """Return the mean of (V,) values; `clusters` has one per value. Undefined below two values."""
    if len(values) < 2:
        return UNDEFINED
    centre = float(np.mean(values))
    return Estimate(
        centre, _error((np.asarray(values, float) - centre) / len(values), clusters), len(values)
    )


def auroc(labels: Labels, scores: Floats, clusters: Sequence[Any] | None = None) -> Estimate:
    """Return the AUROC of scores (V,) with DeLong's standard error (doi:10.2307/2531595).

    With clusters it is Obuchowski's (doi:10.2307/2533958). Undefined if there is only one class.
    """
    placed = _placements(labels, scores)
    if placed is None:
        return UNDEFINED
    value, influence = placed
    return Estimate(value, max(_error(influence, clusters), _least(labels, value)), len(labels))


def auroc_difference(
    labels: Labels, first: Floats, second: Floats, clusters: Sequence[Any] | None = None
) -> Estimate:
    """Return the AUROC of one score minus another's on the same variants (DeLong)."""
    one, two = _placements(labels, first), _placements(labels, second)
    if one is None or two is None:
        return UNDEFINED
    error = _error(one[1] - two[1], clusters)
    return Estimate(one[0] - two[0], error, len(labels))


def chance_error(labels: Labels) -> float:
    """Return the standard error of the AUROC of random scores (Mann and Whitney)."""
    positive = int(np.sum(labels == 1))
    negative = len(labels) - positive
    if not positive or not negative:
        return math.nan
    return math.sqrt((positive + negative + 1) / (12 * positive * negative))


def beyond_chance(labels: Labels, found: Estimate, sigmas: float = SIGMAS) -> bool:
    """Return whether an AUROC is above 0.5, given both its own error and that of random scores."""
    return found.above(0.5, sigmas) and found.value - 0.5 > sigmas * chance_error(labels)


def auroc_within(labels: Labels, scores: Floats, clusters: Sequence[Any]) -> Estimate:
    """Return the AUROC over pairs of a harmful and a harmless variant of the same cluster.

    It is 0.5 for scores that only distinguish clusters. `variants` is the number of pairs. The
    error is that between clusters or of random scores (van Elteren), whichever is larger.
    """
    won, pairs, null = [], [], 0.0
    for rows in grouped(clusters):
        of = labels[rows] == 1
        placed = _placements(labels[rows], scores[rows])
        if placed is None:
            continue
        number = int(of.sum()) * int((~of).sum())
        won.append(placed[0] * number)
        pairs.append(number)
        null += number * (len(rows) + 1) / 12
    total = sum(pairs)
    if not total:
        return UNDEFINED
    value = sum(won) / total
    between = np.array(won) - value * np.array(pairs)
    spread = math.sqrt(float(np.sum(between**2)) * _unbiased(len(won))) / total
    return Estimate(value, max(spread, math.sqrt(null) / total), total)


def grouped(clusters: Sequence[Any]) -> list[NDArray[np.int64]]:
    """Return the rows of each cluster, in order."""
    _, numbers = np.unique(np.asarray(clusters), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)


def _placements(labels: Labels, scores: Floats) -> tuple[float, Floats] | None:
    """Return the AUROC and each variant's influence on it, (V,); None if there is only one class.

    A harmful variant's placement is the share of harmless ones below it, by midranks.
    """
    from scipy.stats import rankdata

    positive = labels == 1
    m, n = int(positive.sum()), int((~positive).sum())
    if not m or not n or not np.isfinite(scores).all():
        return None
    ranks = rankdata(scores)
    share = np.empty(len(scores))
    share[positive] = (ranks[positive] - rankdata(scores[positive])) / n
    share[~positive] = 1 - (ranks[~positive] - rankdata(scores[~positive])) / m
    value = float(share[positive].mean())
    influence = (share - value) / np.where(positive, m, n)
    return value, influence


def _error(influence: Floats, clusters: Sequence[Any] | None) -> float:
    """Return the standard error of a sum from the influences of its variants."""
    alone = math.sqrt(float(np.sum(influence**2)) * _unbiased(len(influence)))
    if clusters is None:
        return alone
    sums = np.array([influence[rows].sum() for rows in grouped(clusters)])
    return max(alone, math.sqrt(float(np.sum(sums**2)) * _unbiased(len(sums))))


def _unbiased(number: int) -> float:
    return number / (number - 1) if number > 1 else 1.0


def _least(labels: Labels, value: float) -> float:
    """Return Hanley and McNeil's error (doi:10.1148/radiology.143.1.7063747) if DeLong's is zero.

    DeLong's is zero for perfectly separated classes; half a pair is then assumed to be wrong.
    """
    m = int(np.sum(labels == 1))
    n = len(labels) - m
    if 0 < value < 1:
        return 0.0
    half = 0.5 / (m * n + 1)
    near = min(max(value, half), 1 - half)
    first, second = near / (2 - near), 2 * near**2 / (1 + near)
    spread = near * (1 - near) + (m - 1) * (first - near**2) + (n - 1) * (second - near**2)
    return math.sqrt(max(spread, 0.0) / (m * n))
