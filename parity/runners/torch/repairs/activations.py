"""Activation functions that a candidate has in place of the right one, or lacks."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from parity.runners.torch.activation_alternatives import hard_sigmoid_of_keras_2
from parity.runners.torch.operations import Alternative, Alternatives, Bound

_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "leaky_relu with slope 0.01": partial(functional.leaky_relu, negative_slope=0.01),
    "leaky_relu with slope 0.2": partial(functional.leaky_relu, negative_slope=0.2),
    "leaky_relu with slope 0.3": partial(functional.leaky_relu, negative_slope=0.3),
    "relu6": functional.relu6,
    "elu": functional.elu,
    "selu": torch.selu,
    "silu": functional.silu,
    "x sigmoid(1.702 x)": lambda x: x * torch.sigmoid(1.702 * x),
    "gelu by erf": functional.gelu,
    "gelu by tanh": partial(functional.gelu, approximate="tanh"),
    "mish": functional.mish,
    "sigmoid": torch.sigmoid,
    "hard sigmoid of Keras 2": hard_sigmoid_of_keras_2,
    "hard sigmoid of Keras 3": functional.hardsigmoid,
    "hardswish": functional.hardswish,
    "tanh": torch.tanh,
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "exp": torch.exp,
    "log_sigmoid": functional.logsigmoid,
}
KINDS = (
    *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "silu", "gelu", "mish", "sigmoid"),
    *("hardsigmoid", "hardswish", "hardtanh", "tanh", "softplus", "softsign", "prelu"),
    "logsigmoid",
)
_FOLLOWING = (
    *("relu", "sigmoid", "tanh", "silu", "gelu by erf", "gelu by tanh", "elu", "softplus"),
    "leaky_relu with slope 0.2",
)


def siblings(bound: Bound) -> Alternatives:
    """Return the other activation functions, and none at all."""
    x = bound["input"]
    if not isinstance(x, Tensor) or not x.is_floating_point():
        return {}
    own = bound["kind"]
    # A number of an alternative has its own module: slopes, and both forms of GELU.
    others = {name: do for name, do in _FUNCTIONS.items() if name.split()[0] != own}
    found = {f"as {name}": Alternative(None, partial(do, x)) for name, do in others.items()}
    return {**found, "left out": Alternative(None, lambda: x)}


def following(bound: Bound) -> Alternatives:
    """Return the call followed by an activation function that the code may have forgotten."""
    functions = {name: _FUNCTIONS[name] for name in _FOLLOWING}
    if bound["kind"] in ("linear", "layer_norm"):
        functions["softmax"] = partial(torch.softmax, dim=-1)
        functions["log_softmax"] = partial(torch.log_softmax, dim=-1)
    return {
        f"followed by {name}": Alternative(None, partial(_applied, do, bound))
        for name, do in functions.items()
    }


def _applied(function: Callable[[Tensor], Tensor], bound: Bound) -> Tensor:
    return function(bound["again"]())
