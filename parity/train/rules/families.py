"""Directions of the optimizers' update rules, element by element.

A direction is what the learning rate multiplies. Each function takes the state, which starts empty,
the gradient (P, N), the step from 1, the parameters, each (P, 1), and the rule's choices; P sets of
parameters are replayed at once.

Formulas: the documentation of torch.optim (SGD, Adagrad, RMSprop, Adam, NAdam, Adamax, Adadelta),
of keras.optimizers (the same, Ftrl, Lion), of tf.compat.v1.train.RMSPropOptimizer; Kingma and Ba
(2015) for both of Adam's epsilons; Zhuang et al. (2020) for AdaBelief.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from parity.arrays import Array

State = dict[str, Array]
Params = Mapping[str, Array]
Choices = Mapping[str, str]
Direction = Callable[[State, Array, int, Params, Choices], Array]


@dataclass(frozen=True)
class Family:
    """Optimizer with what may differ between its implementations.

    Args:
        title: the optimizer's name as a user knows it.
        direction: the function.
        parameters: the names of its numbers; those of `parity.train.rules.parameters`.
        choices: each feature with its options; the first is tried first.
        velocity: True if a momentum may follow the direction.
    """

    title: str
    direction: Direction
    parameters: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    velocity: bool = False


def _average(state: State, name: str, value: Array, kept: Array) -> Array:
    """Move the average `name`, 0 at first, towards `value`, and return it."""
    state[name] = kept * state.get(name, np.zeros_like(value)) + (1 - kept) * value
    return state[name]


def _over_root(numerator: Array, square: Array, epsilon: Array, place: str) -> Array:
    """Divide by the root of `square`, with epsilon inside of the root or outside of it."""
    root: Array = np.sqrt(square + epsilon) if place == "inside" else np.sqrt(square) + epsilon
    return numerator / root


def sgd(state: State, gradient: Array, step: int, params: Params, choices: Choices) -> Array:
    """Return the gradient itself."""
    return gradient


def adagrad(state: State, gradient: Array, step: int, params: Params, choices: Choices) -> Array:
    """Return the gradient over the root of the sum of all squares, which starts at `start`.

    An epsilon inside of the root is part of that start: nothing could separate the two.
    """
    state["square"] = state.get("square", params["start"]) + gradient**2
    root: Array = np.sqrt(state["square"])
    return gradient / (root + params["epsilon"] if choices["epsilon"] == "outside" else root)


def rmsprop(state: State, gradient: Array, step: int, params: Params, choices: Choices) -> Array:
    """Return the gradient over the root of the average square, which starts at `start`."""
    rho = params["rho"]
    state["square"] = rho * state.get("square", params["start"]) + (1 - rho) * gradient**2
    square = state["square"]
    if choices["centered"] == "yes":
        square = np.maximum(square - _average(state, "mean", gradient, rho) ** 2, 0)
    return _over_root(gradient, square, params["epsilon"], choices["epsilon"])


def adam(state: State, gradient: Array, step: int, params: Params, choices: Choices) -> Array:
    """Return the average gradient over the root of the average square, both from 0.

    Their bias is corrected before epsilon is added, or, for "hat" and "inside hat", afterwards.
    """
    mean = _average(state, "mean", gradient, params["beta1"])
    around = gradient - mean if choices["variance"] == "around the mean" else gradient
    square = _average(state, "square", around**2, params["beta2"])
    if choices["amsgrad"] == "yes":
        square = np.maximum(state.get("largest", square), square)
        state["largest"] = square
    place = choices["epsilon"]
    if choices["bias correction"] == "no":
        return _over_root(mean, square, params["epsilon"], place.removesuffix(" hat"))
    mean, share = mean / (1 - params["beta1"] ** step), 1 - params["beta2"] ** step
    if place.endswith("hat"):
        mean = mean * np.sqrt(share)
    else:
        square = square / share
    return _over_root(mean, square, params["epsilon"], place.removesuffix("hat").strip())


def nadam(state: State, gradient: Array, step: int, params: Params, choices: Choices) -> Array:
    """Return Adam's direction with Nesterov's momentum, its momentum warmed up by 0.96 ** t."""
    beta1, beta2 = params["beta1"], params["beta2"]

    def warmed(step: int) -> Array:
        return beta1 * (1 - 0.5 * 0.96 ** (step * params["momentum decay"]))

    now, following = warmed(step), warmed(step + 1)
    state["product"] = state.get("product", np.ones_like(beta1)) * now
    mean = _average(state, "mean", gradient, beta1)
    square = _average(state, "square", gradient**2, beta2) / (1 - beta2**step)
    ahead = following * mean / (1 - state["product"] * following)
    numerator = ahead + (1 - now) * gradient / (1 - state["product"])
    return _over_root(numerator, square, params["epsilon"], choices["epsilon"])


def adamax(state: State, gradient: Array, step: int, params: Params, choices: Choices) -> Array:
    """Return the average gradient over the largest recent one."""
    mean = _average(state, "mean", gradient, params["beta1"])
    within = params["epsilon"] if choices["epsilon"] == "in the maximum" else 0.0
    faded = params["beta2"] * state.get("largest", np.zeros_like(gradient))
    state["largest"] = np.maximum(faded, np.abs(gradient) + within)
    outside = params["epsilon"] if choices["epsilon"] == "outside" else 0.0
    return mean / ((1 - params["beta1"] ** step) * (state["largest"] + outside))


def adadelta(state: State, gradient: Array, step: int, params: Params, choices: Choices) -> Array:
    """Return the gradient scaled by the root of average squared updates over that of gradients."""
    rho, epsilon = params["rho"], params["epsilon"]
    square = _average(state, "square", gradient**2, rho)
    moved = state.get("moved", np.zeros_like(gradient))
    delta: Array = gradient * np.sqrt((moved + epsilon) / (square + epsilon))
    _average(state, "moved", delta**2, rho)
    return delta


def lion(state: State, gradient: Array, step: int, params: Params, choices: Choices) -> Array:
    """Return the sign of the average gradient."""
    mean = state.get("mean", np.zeros_like(gradient))
    sign: Array = np.sign(params["beta1"] * mean + (1 - params["beta1"]) * gradient)
    _average(state, "mean", gradient, params["beta2"])
    return sign


_PLACE = ("outside", "inside")
FAMILIES: dict[str, Family] = {
    "sgd": Family("SGD", sgd, velocity=True),
    # Before Adam, which without a beta1 does the same.
    "rmsprop": Family(
        "RMSprop",
        rmsprop,
        ("rho", "epsilon", "start"),
        {"epsilon": _PLACE, "centered": ("no", "yes")},
        velocity=True,
    ),
    "adam": Family(
        "Adam",
        adam,
        ("beta1", "beta2", "epsilon"),
        {
            "epsilon": ("hat", "outside", "inside hat", "inside"),
            "amsgrad": ("no", "yes"),
            "bias correction": ("yes", "no"),
            "variance": ("of the gradient", "around the mean"),
        },
    ),
    "adagrad": Family("Adagrad", adagrad, ("epsilon", "start"), {"epsilon": _PLACE}),
    "adamax": Family(
        "Adamax",
        adamax,
        ("beta1", "beta2", "epsilon"),
        {"epsilon": ("outside", "in the maximum")},
    ),
    "nadam": Family(
        "Nadam",
        nadam,
        ("beta1", "beta2", "epsilon", "momentum decay"),
        {"epsilon": ("outside",)},
    ),
    "adadelta": Family("Adadelta", adadelta, ("rho", "epsilon")),
    "lion": Family("Lion", lion, ("beta1", "beta2")),
}
