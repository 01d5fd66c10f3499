"""Losses of predictions, and their evaluation."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pt_gmvp.pretraining.network import Prediction
from pt_gmvp.pretraining.proteins import Targets


class Losses(NamedTuple):
    """Sums over positions of what the pre-training minimises, and their counts; scalars.

    `divergence` is the Kullback-Leibler divergence of the truth from the prediction, in nats;
    `deviance` half the Poisson deviance of the counts; `error` the squared error of log10 allele
    frequencies.
    """

    divergence: Tensor
    positions: Tensor
    deviance: Tensor
    counted: Tensor
    error: Tensor
    frequencies: Tensor

    def means(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the means of the three; 0 for a count of 0."""
        return (
            self.divergence / self.positions.clamp(min=1),
            self.deviance / self.counted.clamp(min=1),
            self.error / self.frequencies.clamp(min=1),
        )


class Evaluation(NamedTuple):
    """Means over the positions whose truth is known, None if there are none.

    `divergence` in nats; `recovery`, the share of positions whose most common residue is predicted
    as the likeliest; `deviance`, half the Poisson deviance of missense counts; `error`, the root
    mean square error of log10 allele frequencies.
    """

    divergence: float
    recovery: float
    deviance: float | None
    error: float | None


def losses(prediction: Prediction, targets: Targets) -> Losses:
    """Compare predictions for B positions with the truth."""
    logs = prediction.residues.log_softmax(-1)
    divergences = divergence(targets.distribution, logs) * targets.weight
    counted = (targets.expected > 0).to(divergences.dtype)
    deviances = deviance(targets.observed, targets.expected, prediction.rate)
    known = ~targets.frequency.isnan()
    squares = torch.where(known, prediction.frequency - targets.frequency, 0).square()
    return Losses(
        divergences.sum(),
        targets.weight.sum(),
        (deviances * counted).sum(),
        counted.sum(),
        squares.sum(),
        known.sum().to(divergences.dtype),
    )


def evaluate(prediction: Prediction, targets: Targets) -> Evaluation:
    """Evaluate predictions for P positions."""
    found = losses(prediction, targets)
    mean_divergence, mean_deviance, mean_square = found.means()
    hit = prediction.residues.argmax(-1) == targets.distribution.argmax(-1)
    recovery = (hit * targets.weight).sum() / targets.weight.sum().clamp(min=1)
    return Evaluation(
        mean_divergence.item(),
        recovery.item(),
        mean_deviance.item() if found.counted > 0 else None,
        mean_square.sqrt().item() if found.frequencies > 0 else None,
    )


def by_protein(prediction: Prediction, targets: Targets, sizes: Sequence[int]) -> list[float]:
    """Return each protein's mean divergence; positions come protein by protein, `sizes` of each."""
    logs = prediction.residues.log_softmax(-1)
    divergences = divergence(targets.distribution, logs) * targets.weight
    protein = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    empty = divergences.new_zeros(len(sizes))
    sums, weights = (empty.index_add(0, protein, x) for x in (divergences, targets.weight))
    found: list[float] = (sums / weights.clamp(min=1)).tolist()
    return found


def divergence(truth: Tensor, logs: Tensor) -> Tensor:
    """Sum p (ln p - ln q) over the states: truth p (B, S) and logs ln q (B, S) -> (B,)."""
    return torch.xlogy(truth, truth).sum(-1) - (truth * logs).sum(-1)


def deviance(observed: Tensor, expected: Tensor, rate: Tensor) -> Tensor:
    """Return half the Poisson deviance of counts whose mean is expected * exp(rate); all (B,).

    It is m - k - k ln(m / k), which is 0 if the mean m equals the count k. With 0 expected it is
    finite, but meaningless.
    """
    expected = expected.clamp(min=1e-6)
    mean_log = expected.log() + rate
    return mean_log.exp() - observed + torch.xlogy(observed, observed) - observed * mean_log
