"""What can be told of a hidden position without a network; each fitted on the training's places."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pt_gmvp.pretraining.losses import deviance, divergence
from pt_gmvp.pretraining.network import Told
from pt_gmvp.pretraining.proteins import FREQUENCIES, Proteins, Targets

REACH = 4
"""Neighbours on either side that the linear model sees; the counts' baseline sees twice as many."""
SHARES = tuple(np.linspace(0.05, 1, 20))
PRIORS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
PENALTIES = (0.01, 0.1, 1.0)
"""Of scikit-learn's C; the one that does best on a held-out fifth of the training's places."""
LEAST = 0.005
"""Shares of a column below this are no examples for the linear model, to have fewer of them."""
_TINY = 1e-6


class Places(NamedTuple):
    """Some rows of the proteins, and the truth of them."""

    rows: Tensor
    truth: Targets


def baselines(proteins: Proteins, training: Places, judged: Places, seed: int) -> dict[str, Told]:
    """Tell of the judged places by "background", "neighbours" and "linear".

    - "background": the mean distribution of the training's places, the same everywhere; the rate of
      all counts together; each substitute's mean log10 frequency.
    - "neighbours": the mean of the distributions of the two neighbours, mixed with the background;
      the rate of the counts around, drawn towards that of all. Both to the degree that is best on
      the training's places.
    - "linear": multinomial logistic regression on the frequencies of REACH neighbours on either
      side (scikit-learn); of the counts and allele frequencies, what "neighbours" has.
    """
    one = constant(training.truth)
    flat = Told(*(part.expand(len(judged.rows), *part.shape[1:]) for part in one))
    near = Told(
        _near(proteins, training, judged, one.residues[0].exp()),
        _near_rate(proteins, training, judged, one.rate[0]),
        flat.frequency,
    )
    linear = near._replace(residues=_linear(proteins, training, judged, seed))
    return {"background": flat, "neighbours": near, "linear": linear}


def constant(truth: Targets) -> Told:
    """Tell the means of the truth, whatever the position: one row, residues as logs of shares."""
    mean = (truth.distribution * truth.weight[:, None]).sum(0) + _TINY
    given = truth.expected > 0
    rate = (truth.observed[given].sum() + _TINY) / (truth.expected[given].sum() + _TINY)
    unknown = truth.frequency.isnan()
    of_all = truth.frequency.nanmean().nan_to_num()
    frequency = torch.where(unknown.all(0), of_all, truth.frequency.nanmean(0))
    return Told((mean / mean.sum()).log()[None], rate.log()[None], frequency[None])


def _around(proteins: Proteins, rows: Tensor, reach: int) -> Tensor:
    """The rows of the neighbours, (P, 2 * reach), the position itself left out."""
    offsets = torch.cat([torch.arange(-reach, 0), torch.arange(1, reach + 1)])
    return rows[:, None] + offsets


def _near(proteins: Proteins, training: Places, judged: Places, background: Tensor) -> Tensor:
    """Logs of the mixture of the two neighbours' mean and the background, (P, S)."""
    states = len(background)

    def mean(rows: Tensor) -> Tensor:
        index = _around(proteins, rows, 1)
        shares = proteins.context[index][..., FREQUENCIES][..., :states].sum(1)
        total = shares.sum(-1, keepdim=True)
        return torch.where(total > 0, shares / total.clamp(min=_TINY), background)

    def mixed(shares: Tensor, part: float) -> Tensor:
        return ((1 - part) * shares + part * background).log()

    seen, truth = mean(training.rows), training.truth
    best = _best(
        SHARES,
        lambda part: (divergence(truth.distribution, mixed(seen, part)) * truth.weight).sum(),
    )
    return mixed(mean(judged.rows), best)


def _near_rate(proteins: Proteins, training: Places, judged: Places, rate: Tensor) -> Tensor:
    """Log rates of the counts around a position, (P,)."""

    def drawn(rows: Tensor, prior: float) -> Tensor:
        observed, expected = proteins.counts[_around(proteins, rows, 2 * REACH)].unbind(-1)
        given = expected > 0
        observed, expected = (observed * given).sum(-1), (expected * given).sum(-1)
        return ((observed + prior * rate.exp()) / (expected + prior)).log()

    truth = training.truth
    given = truth.expected > 0
    best = _best(
        PRIORS,
        lambda prior: deviance(truth.observed, truth.expected, drawn(training.rows, prior))[
            given
        ].sum(),
    )
    return drawn(judged.rows, best)


def _best(choices: Iterable[float], cost: Callable[[float], Tensor]) -> float:
    return min(choices, key=lambda choice: float(cost(choice)))


def _linear(proteins: Proteins, training: Places, judged: Places, seed: int) -> Tensor:
    """Logs of the distributions that a logistic regression tells, (P, S)."""
    seen, asked = (_features(proteins, places.rows) for places in (training, judged))
    truth = training.truth.distribution * training.truth.weight[:, None]
    if len(seen) < 10:
        return _fitted(seen, truth, asked, PENALTIES[0])
    fifth = torch.from_numpy(np.random.default_rng(seed).random(len(seen)) < 0.2)
    fifth[:2] = torch.tensor([True, False])
    held = truth[fifth]

    def cost(penalty: float) -> Tensor:
        logs = _fitted(seen[~fifth], truth[~fifth], seen[fifth], penalty)
        return divergence(held, logs).sum()

    return _fitted(seen, truth, asked, _best(PENALTIES, cost))


def _features(proteins: Proteins, rows: Tensor) -> Tensor:
    index = _around(proteins, rows, REACH)
    return proteins.context[index][..., FREQUENCIES].flatten(1)


def _fitted(seen: Tensor, truth: Tensor, asked: Tensor, penalty: float) -> Tensor:
    """Fit on shares as weights of examples, one for each state that a position has."""
    from sklearn.linear_model import LogisticRegression

    places, states = (truth > LEAST).nonzero().unbind(-1)
    weights: NDArray[np.float32] = truth[places, states].numpy()
    logs = torch.full((len(asked), truth.shape[1]), float(np.log(_TINY)))
    there = torch.unique(states)
    if len(there) < 2:
        logs[:, there] = 0.0
        return logs.log_softmax(-1)
    model = LogisticRegression(C=penalty, max_iter=200, tol=1e-3)
    model.fit(seen[places].numpy(), states.numpy(), weights)
    found = torch.from_numpy(model.predict_proba(asked.numpy())).to(logs.dtype)
    logs[:, torch.from_numpy(model.classes_)] = found.clamp(min=_TINY).log()
    return logs.log_softmax(-1)
