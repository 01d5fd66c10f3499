"""Baselines without a network for predicting hidden positions, fitted on training positions."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pt_gmvp.pretraining.losses import deviance, divergence
from pt_gmvp.pretraining.network import Prediction
from pt_gmvp.pretraining.proteins import FREQUENCIES, Proteins, Targets

REACH = 4
"""Neighbours on either side that the linear model sees; the counts' baseline sees twice as many."""
SHARES = tuple(np.linspace(0.05, 1, 20))
PRIORS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
PENALTIES = (0.01, 0.1, 1.0)
"""Choices of scikit-learn's C; the best on a held-out fifth of the training positions is used."""
LEAST = 0.005
"""Residues with a smaller share of a column are no examples for the linear model, for speed."""
_TINY = 1e-6


class Places(NamedTuple):
    """Rows of some positions in the proteins, and the truth about them."""

    rows: Tensor
    truth: Targets


def baselines(
    proteins: Proteins, training: Places, held_out: Places, seed: int
) -> dict[str, Prediction]:
    """Predict held-out positions by "background", "neighbours" and "linear".

    - "background": the mean distribution of the training positions, the same everywhere; the rate
      of all counts together; each substitute's mean log10 frequency.
    - "neighbours": the mean distribution of the two neighbours, mixed with the background; the rate
      of the surrounding counts, shrunk towards that of all. Both to the degree that is best on the
      training positions.
    - "linear": multinomial logistic regression on the frequencies of REACH neighbours on either
      side (scikit-learn); counts and allele frequencies as in "neighbours".
    """
    one = constant(training.truth)
    background = Prediction(*(part.expand(len(held_out.rows), *part.shape[1:]) for part in one))
    neighbours = Prediction(
        _neighbours(proteins, training, held_out, one.residues[0].exp()),
        _surrounding_rate(proteins, training, held_out, one.rate[0]),
        background.frequency,
    )
    linear = neighbours._replace(residues=_linear(proteins, training, held_out, seed))
    return {"background": background, "neighbours": neighbours, "linear": linear}


def constant(truth: Targets) -> Prediction:
    """Return the means of the truth for every position: one row, residues as logs of shares."""
    mean = (truth.distribution * truth.weight[:, None]).sum(0) + _TINY
    given = truth.expected > 0
    rate = (truth.observed[given].sum() + _TINY) / (truth.expected[given].sum() + _TINY)
    unknown = truth.frequency.isnan()
    of_all = truth.frequency.nanmean().nan_to_num()
    frequency = torch.where(unknown.all(0), of_all, truth.frequency.nanmean(0))
    return Prediction((mean / mean.sum()).log()[None], rate.log()[None], frequency[None])


def _around(rows: Tensor, reach: int) -> Tensor:
    """Return the rows of the neighbours, (P, 2 * reach), without the position itself."""
    offsets = torch.cat([torch.arange(-reach, 0), torch.arange(1, reach + 1)])
    return rows[:, None] + offsets


def _neighbours(
    proteins: Proteins, training: Places, held_out: Places, background: Tensor
) -> Tensor:
    """Return logs of the two neighbours' mean, mixed with the background, (P, S)."""
    states = len(background)

    def mean(rows: Tensor) -> Tensor:
        shares = proteins.context[_around(rows, 1)][..., FREQUENCIES][..., :states].sum(1)
        total = shares.sum(-1, keepdim=True)
        return torch.where(total > 0, shares / total.clamp(min=_TINY), background)

    def mixed(shares: Tensor, part: float) -> Tensor:
        return ((1 - part) * shares + part * background).log()

    seen, truth = mean(training.rows), training.truth
    best = _best(
        SHARES,
        lambda part: (divergence(truth.distribution, mixed(seen, part)) * truth.weight).sum(),
    )
    return mixed(mean(held_out.rows), best)


def _surrounding_rate(
    proteins: Proteins, training: Places, held_out: Places, rate: Tensor
) -> Tensor:
    """Return log rates of the counts around a position, (P,)."""

    def shrunk(rows: Tensor, prior: float) -> Tensor:
        observed, expected = proteins.counts[_around(rows, 2 * REACH)].unbind(-1)
        given = expected > 0
        observed, expected = (observed * given).sum(-1), (expected * given).sum(-1)
        return ((observed + prior * rate.exp()) / (expected + prior)).log()

    truth = training.truth
    given = truth.expected > 0
    best = _best(
        PRIORS,
        lambda prior: deviance(truth.observed, truth.expected, shrunk(training.rows, prior))[
            given
        ].sum(),
    )
    return shrunk(held_out.rows, best)


def _best(choices: Iterable[float], cost: Callable[[float], Tensor]) -> float:
    return min(choices, key=lambda choice: float(cost(choice)))


def _linear(proteins: Proteins, training: Places, held_out: Places, seed: int) -> Tensor:
    """Return logs of the distributions that a logistic regression predicts, (P, S)."""
    seen, wanted = (
        proteins.context[_around(places.rows, REACH)][..., FREQUENCIES].flatten(1)
        for places in (training, held_out)
    )
    truth = training.truth.distribution * training.truth.weight[:, None]
    if len(seen) < 10:
        return _regression(seen, truth, wanted, PENALTIES[0])
    fifth = torch.from_numpy(np.random.default_rng(seed).random(len(seen)) < 0.2)
    fifth[:2] = torch.tensor([True, False])

    def cost(penalty: float) -> Tensor:
        logs = _regression(seen[~fifth], truth[~fifth], seen[fifth], penalty)
        return divergence(truth[fifth], logs).sum()

    return _regression(seen, truth, wanted, _best(PENALTIES, cost))


def _regression(seen: Tensor, truth: Tensor, wanted: Tensor, penalty: float) -> Tensor:
    """Fit on one example for each state of a position, weighted by its share."""
    from sklearn.linear_model import LogisticRegression

    places, states = (truth > LEAST).nonzero().unbind(-1)
    weights: NDArray[np.float32] = truth[places, states].numpy()
    logs = torch.full((len(wanted), truth.shape[1]), float(np.log(_TINY)))
    there = torch.unique(states)
    if len(there) < 2:
        logs[:, there] = 0.0
        return logs.log_softmax(-1)
    model = LogisticRegression(C=penalty, max_iter=200, tol=1e-3)
    model.fit(seen[places].numpy(), states.numpy(), weights)
    found = torch.from_numpy(model.predict_proba(wanted.numpy())).to(logs.dtype)
    logs[:, torch.from_numpy(model.classes_)] = found.clamp(min=_TINY).log()
    return logs.log_softmax(-1)
