"""What the pre-training minimises, each a mean over the positions where the truth is given."""

from typing import NamedTuple

import torch
from torch import Tensor

from pt_gmvp.pretraining.network import Told
from pt_gmvp.pretraining.proteins import Targets


class Losses(NamedTuple):
    """Sums over positions, and over how many; scalars.

    `divergence` is Kullback and Leibler's of the truth from what was told, in nats; `deviance` half
    the Poisson deviance of the counts; `error` the squared error of log10 allele frequencies.
    """

    divergence: Tensor
    positions: Tensor
    deviance: Tensor
    counted: Tensor
    error: Tensor
    frequencies: Tensor

    def means(self) -> tuple[Tensor, Tensor, Tensor]:
        """Means of the three; 0 where there is nothing to take one of."""
        return (
            self.divergence / self.positions.clamp(min=1),
            self.deviance / self.counted.clamp(min=1),
            self.error / self.frequencies.clamp(min=1),
        )


def losses(told: Told, targets: Targets) -> Losses:
    """Hold what was told of B positions to the truth."""
    logs = told.residues.log_softmax(-1)
    apart = divergence(targets.distribution, logs) * targets.weight
    counted = (targets.expected > 0).to(apart.dtype)
    deviances = deviance(targets.observed, targets.expected, told.rate)
    known = ~targets.frequency.isnan()
    wrong = torch.where(known, told.frequency - targets.frequency, 0).square()
    return Losses(
        apart.sum(),
        targets.weight.sum(),
        (deviances * counted).sum(),
        counted.sum(),
        wrong.sum(),
        known.sum().to(apart.dtype),
    )


def divergence(truth: Tensor, logs: Tensor) -> Tensor:
    """Sum p (ln p - ln q) over the states: truth p (B, S) and logs ln q (B, S) -> (B,)."""
    return torch.xlogy(truth, truth).sum(-1) - (truth * logs).sum(-1)


def deviance(observed: Tensor, expected: Tensor, rate: Tensor) -> Tensor:
    """Half the Poisson deviance of counts whose mean is expected * exp(rate); all (B,).

    It is m - k - k ln(m / k), which is 0 where the mean m is the count k. Where nothing is expected
    it stays finite, and has no meaning.
    """
    expected = expected.clamp(min=1e-6)
    mean_log = expected.log() + rate
    return mean_log.exp() - observed + torch.xlogy(observed, observed) - observed * mean_log
