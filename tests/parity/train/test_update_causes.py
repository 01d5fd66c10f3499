"""Optimizers: each planted difference is named, and nothing else; random updates are unknown."""

import numpy as np
import pytest
import torch

from tests.parity.train.torch_training import by, cause, plain, side

OPTIM = torch.optim


def each(update):
    """Return an update of every weight by itself: (state, weight, gradient, step from 0)."""

    def updated(state, weights, gradients, step):
        for name, weight in weights.items():
            update(state.setdefault(name, {}), weight, gradients[name], step)

    return updated


def momentum(inside, nesterov=False, rate=lambda step: 0.0625 * 0.5 ** (step // 5)):
    def update(state, weight, gradient, step):
        now = rate(step)
        state["v"] = 0.875 * state.get("v", 0) + (now if inside else 1) * gradient
        ahead = 0.875 * state["v"] + (now if inside else 1) * gradient if nesterov else state["v"]
        weight -= (1 if inside else now) * ahead

    return each(update)


def adam(hat=True, correct=True, decay=0.0, matrices=False, rate=lambda step: 0.01):
    def update(state, weight, gradient, step):
        state["m"] = 0.9 * state.get("m", 0) + 0.1 * gradient
        state["v"] = 0.999 * state.get("v", 0) + 0.001 * gradient**2
        first, second = (1 - 0.9 ** (step + 1), 1 - 0.999 ** (step + 1)) if correct else (1, 1)
        if weight.ndim > 1 or not matrices:
            weight *= 1 - decay * rate(step)
        inside, outside = (1, second**0.5) if hat else (second, 1)
        root = (state["v"] / inside).sqrt() + 1e-4
        weight -= rate(step) * outside / first * state["m"] / root

    return each(update)


def clipped(threshold, then):
    def update(state, weights, gradients, step):
        norm = float(sum((g**2).sum() for g in gradients.values()) ** 0.5)
        share = min(1, threshold / norm)
        then(state, weights, {n: g * share for n, g in gradients.items()}, step)

    return update


def every(period, then):
    def update(state, weights, gradients, step):
        gathered = state.setdefault("gathered", [])
        gathered.append(gradients)
        if len(gathered) == period:
            mean = {n: sum(g[n] for g in gathered) / period for n in weights}
            then(state, weights, mean, step // period)
            gathered.clear()

    return update


def noisy(state, weights, gradients, step):
    if "random" not in state:
        state["random"] = np.random.default_rng(1)
    for name, weight in weights.items():
        noise = state["random"].uniform(0.9, 1.1, tuple(weight.shape))
        weight -= 0.1 * gradients[name] * torch.tensor(noise, dtype=weight.dtype)


PLANTED = {
    "place of the rate": (
        side(momentum(True)),
        side(momentum(False)),
        "the candidate multiplies the velocity by the learning rate (as PyTorch does), the "
        "reference has the learning rate inside of the velocity (as Keras does) (",
    ),
    "nesterov": (
        side(momentum(True, nesterov=True)),
        side(momentum(True)),
        "the candidate has momentum, the reference Nesterov's momentum (",
    ),
    "epsilon": (
        side(adam()),
        side(by(lambda w: OPTIM.Adam(w, 0.01, eps=1e-4))),
        "the candidate adds epsilon to the root after the bias correction, the reference adds "
        "epsilon to the root before the bias correction (epsilon hat) (",
    ),
    "bias correction": (
        side(adam()),
        side(adam(correct=False)),
        "the candidate does not correct the averages' bias, the reference does (",
    ),
    "decay on biases": (
        side(adam(decay=0.1, matrices=True)),
        side(adam(decay=0.1)),
        "the candidate decays all weights, the reference matrices only (",
    ),
    "start of Adagrad": (
        side(by(lambda w: OPTIM.Adagrad(w, 0.1, initial_accumulator_value=0.1))),
        side(by(lambda w: OPTIM.Adagrad(w, 0.1))),
        "the start of the accumulator is 0 in the candidate, 0.1 in the reference (",
    ),
    "clipping": (
        side(clipped(0.5, momentum(True))),
        side(momentum(True)),
        "the reference clips its gradients to a global norm of 0.5, the other side does not (",
    ),
    "clipping of plain SGD": (
        side(clipped(0.5, plain())),
        side(plain()),
        "the reference clips its gradients to a global norm of 0.5, the other side does not (",
    ),
    "accumulation": (
        side(plain()),
        side(every(2, plain())),
        "the candidate updates its weights every 2 steps only, the reference at every step, with "
        "the mean of their gradients (",
    ),
    "another rate": (
        side(plain(0.1)),
        side(plain(0.05)),
        "the candidate's learning rate is 0.5 times the reference's: 0.05 in the candidate, 0.1 in "
        "the reference (",
    ),
    "two at once": (
        side(adam(decay=0.1, matrices=True)),
        side(adam(hat=False, decay=0.1)),
        "(epsilon hat); the candidate decays all weights, the reference matrices only (",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_is_named(name):
    reference, candidate, words = PLANTED[name]
    found = cause(reference, candidate)
    start = "the loss and the gradients agree, but not the weights after the step: "
    assert found.startswith(start)
    assert words in found
    assert words.startswith("(") or found.removeprefix(start).startswith(words)


@pytest.mark.slow
def test_a_random_update_is_unknown():
    found = cause(side(plain()), side(noisy), steps=2)
    assert "cause unknown of the difference in the update of first/kernel" in found
    assert "none reproduces the candidate's steps; the reference's are those of SGD)" in found


def test_the_same_rule_is_no_difference():
    assert cause(side(adam(hat=False)), side(by(lambda w: OPTIM.Adam(w, 0.01, eps=1e-4)))) == ""
