"""The AUROC that any score can attain: that of the true probabilities, expected and as drawn."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_DRAWS = 200


class Attainable(NamedTuple):
    """AUROC of the true probabilities: `expected`, its `deviation` over draws of labels, and
    for the labels `drawn`."""

    expected: float
    deviation: float
    drawn: float


class Ranking:
    """Variants sorted by their scores (V,), for computing AUROCs with several sets of labels."""

    def __init__(self, score: NDArray[np.float64]) -> None:
        self.order = np.argsort(score, kind="stable")
        ordered = score[self.order]
        starts = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)
        sizes = np.diff(starts, append=len(ordered))
        # For each variant, where the variants of equal score begin and end.
        self.first = np.repeat(starts, sizes)
        self.last = np.repeat(starts + sizes, sizes)

    def auroc(self, one: NDArray[np.float64]) -> float:
        """Return the AUROC for labels, or for probabilities of the label 1, (V,).

        For labels it is the Mann-Whitney statistic, ties counting half. For probabilities p it is
        the expected number of pairs in the right order over the expected number of pairs: the sum
        of p_i (1 - p_j) over all pairs i, j of different variants in which i has the higher score
        (half of it at equal scores) over the sum over all such pairs. NaN if there is no pair.
        """
        one = one[self.order]
        zero = 1 - one
        below = np.concatenate([[0.0], np.cumsum(zero)])
        itself = float((one * zero).sum())
        right = float((one * (below[self.first] + below[self.last])).sum() - itself) / 2
        pairs = float(one.sum()) * float(zero.sum()) - itself
        return right / pairs if pairs > 0 else float("nan")


def auroc(score: NDArray[np.float64], one: NDArray[np.float64]) -> float:
    """Return the AUROC of scores (V,); see `Ranking.auroc`."""
    return Ranking(score).auroc(one)


def attainable(
    probability: NDArray[np.float64], label: NDArray[np.int64], seed: int = 0
) -> Attainable:
    """Return the AUROC of the true probability as a score; on average no score attains more.

    Args:
        probability: (V,) of the label 1.
        label: (V,) as drawn.
        seed: of the further labels drawn to estimate the deviation.
    """
    random = np.random.default_rng(seed)
    ranking = Ranking(probability)
    again = [
        ranking.auroc((random.random(len(label)) < probability).astype(np.float64))
        for _ in range(_DRAWS)
    ]
    deviation = float(np.nanstd(again)) if np.isfinite(again).any() else float("nan")
    return Attainable(
        ranking.auroc(probability), deviation, ranking.auroc(label.astype(np.float64))
    )
