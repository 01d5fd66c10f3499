"""Records of real optimizers' steps on a small net, to replay rules from."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from parity.train.rules.record import Record

SHAPES = ((6, 5), (5,), (5, 2), (2,))
Step = Callable[[list[Any], list[np.ndarray]], None]


def gradients(weights: list[np.ndarray], random: np.random.Generator) -> list[np.ndarray]:
    """Return the gradients of a regression on drawn records, one after the other layer."""
    first, bias, second, other = weights
    x, y = random.standard_normal((8, 6)), random.standard_normal((8, 2))
    hidden = np.tanh(x @ first + bias)
    slope = 2 * (hidden @ second + other - y) / y.size
    inner = slope @ second.T * (1 - hidden**2)
    return [x.T @ inner, inner.sum(0), hidden.T @ slope, slope.sum(0)]


def record(weights: list[Any], values: Callable[[Any], np.ndarray], step: Step, steps: int = 24):
    """Return the record of `steps` steps of an optimizer that moves `weights` in place."""
    random = np.random.default_rng(1)
    rows = [[values(w) for w in weights]]
    found = []
    for _ in range(steps):
        found.append(gradients(rows[-1], random))
        step(weights, found[-1])
        rows.append([values(w) for w in weights])

    def flat(rows):
        return np.array([np.concatenate([array.ravel() for array in row]) for row in rows])

    return Record(
        ("first/kernel", "first/bias", "second/kernel", "second/bias"),
        np.array([len(shape) > 1 for shape in SHAPES]),
        np.repeat(np.arange(4), [int(np.prod(shape)) for shape in SHAPES]),
        flat(found),
        flat(rows),
        np.array([[np.sqrt((g**2).sum()) for g in row] for row in found]),
    )


def start() -> list[np.ndarray]:
    random = np.random.default_rng(2)
    return [random.standard_normal(shape) * 0.5 for shape in SHAPES]


def of_torch(make: Callable[[list[Any]], torch.optim.Optimizer], **how: Any) -> Record:
    """Return the record of an optimizer of torch, in float64."""
    weights = [torch.nn.Parameter(torch.tensor(w)) for w in start()]
    rule = make(weights)

    def step(weights, gradients):
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = torch.tensor(gradient)
        rule.step()

    return record(weights, lambda w: w.detach().numpy().copy(), step, **how)


def of_numpy(update: Callable[[dict, np.ndarray, np.ndarray, int], None], **how: Any) -> Record:
    """Return the record of an update written out: (state, weight, gradient, step from 1)."""
    weights, states, taken = start(), [{} for _ in SHAPES], [0]

    def step(weights, gradients):
        taken[0] += 1
        for state, weight, gradient in zip(states, weights, gradients, strict=True):
            update(state, weight, gradient, taken[0])

    return record(weights, np.copy, step, **how)
