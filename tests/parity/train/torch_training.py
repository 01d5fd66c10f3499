"""Trainings of a small net in torch, whose two sides differ in what a test plants."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from parity import InputSet, Learner, Training, TrainingSide
from parity.declaring import layouts
from parity.declaring.training import Course
from parity.diagnosing.budget import Budget
from parity.judging.verdict import Verdict
from parity.train.lockstep import Lockstep, TrainingComparison

State = dict[Any, Any]
Weights = dict[str, nn.Parameter]
# (state, weights, gradients, step from 0): moves the weights in place.
Update = Callable[[State, Weights, dict[str, torch.Tensor], int], None]
DENSE = (*layouts.dense("first", "0", 6, 5), *layouts.dense("second", "2", 5, 2))
AVERAGES = (*layouts.dense("ema/first", "ema.0", 6, 5), *layouts.dense("ema/second", "ema.2", 5, 2))


def plain(rate: float = 0.0625) -> Update:
    def update(state, weights, gradients, step):
        for name, weight in weights.items():
            weight -= rate * gradients[name]

    return update


def by(optimizer: Callable[[list[Any]], torch.optim.Optimizer]) -> Update:
    """Return the update of a torch optimizer."""

    def update(state, weights, gradients, step):
        if "rule" not in state:
            state["rule"] = optimizer(list(weights.values()))
        for name, weight in weights.items():
            weight.grad = gradients[name].clone()
        with torch.enable_grad():
            state["rule"].step()

    return update


REFERENCE = {
    "first/kernel": (6, 5),
    "first/bias": (5,),
    "second/kernel": (5, 2),
    "second/bias": (2,),
}
CANDIDATE = {"0.weight": (5, 6), "0.bias": (5,), "2.weight": (2, 5), "2.bias": (2,)}
Recipe = Callable[[bool], TrainingSide]


def side(
    update: Update,
    scale: Callable[[int], float] = lambda records: 1.0,
    penalty: float = 0.0,
    change: Callable[[Weights, dict[str, torch.Tensor]], None] | None = None,
    average: Callable[[int], float] | None = None,
    dropout: float = 0.0,
    error_of: Callable[[torch.Tensor], torch.Tensor] = torch.square,
) -> Recipe:
    """Return a side: its update, factor of the loss, L2 penalty, and change of the gradients.

    The loss is the mean of `error_of` the errors.
    """

    def build(dtype: str, candidate: bool) -> Learner:
        weights = {
            name: nn.Parameter(torch.zeros(shape, dtype=getattr(torch, dtype)))
            for name, shape in (CANDIDATE if candidate else REFERENCE).items()
        }
        prefix = "ema." if candidate else "ema/"
        means = {prefix + n: w.detach().clone() for n, w in weights.items()} if average else {}
        state: State = {"step": 0}

        def loss(batch, training=False):
            x = nn.functional.dropout(batch["x"], dropout, training)
            first, bias, second, other = (
                w.T if candidate and w.ndim > 1 else w for w in weights.values()
            )
            error = torch.tanh(x @ first + bias) @ second + other - batch["y"]
            squares = sum((w**2).sum() for w in weights.values())
            return error_of(error).mean() * scale(len(x)) + penalty * squares

        def step(batch):
            value = loss(batch, training=True)
            found = torch.autograd.grad(value, list(weights.values()))
            gradients = dict(zip(weights, found, strict=True))
            with torch.no_grad():
                if change:
                    change(weights, gradients)
                update(state, weights, gradients, state["step"])
                state["step"] += 1
                for name, mean in means.items():
                    mean += (1 - average(state["step"])) * (weights[name[4:]] - mean)
            return value.detach(), gradients

        return Learner(step, {**weights, **means}, lambda records: loss(records).detach())

    def made(candidate: bool) -> TrainingSide:
        return TrainingSide("torch", lambda options, dtype: build(dtype, candidate))

    return made


def drawn() -> InputSet:
    """Return 32 records."""
    random = np.random.default_rng(1)
    return InputSet(
        "drawn",
        {
            "x": random.standard_normal((32, 6)).astype("float32"),
            "y": random.standard_normal((32, 2)).astype("float32"),
        },
    )


def compare(
    reference: Recipe,
    candidate: Recipe,
    steps: int = 8,
    averages: bool = False,
    search: float | None = None,
) -> TrainingComparison:
    """Train both; with `search`, the calls of a candidate that diverges are searched as long."""
    weights = (*DENSE, *AVERAGES) if averages else DENSE
    training = Training("rule", reference(False), candidate(True), lambda options: weights)
    records = drawn()
    budget = None if search is None else lambda: Budget(search)
    found = Lockstep(training, Course(records, None, steps, 8, 1), budget).run()
    assert found.verdict is not Verdict.NOT_COMPARED, found.notes
    return found


def cause(reference: Recipe, candidate: Recipe, **how: Any) -> str:
    """Return the root cause that was named; "" if the sides did not diverge."""
    found = compare(reference, candidate, **how).divergence
    return str(found.root_cause) if found else ""
