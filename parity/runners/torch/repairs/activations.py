"""Activation functions that a candidate has in place of the right one, or lacks."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from parity.declaring.source_edits import Edit
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
_F, _NN = "torch.nn.functional", "torch.nn"
# How each is written: as a function of {}, and as a module, if there is one.
_WRITTEN: dict[str, tuple[str, str]] = {
    "relu": ("torch.relu({})", f"{_NN}.ReLU()"),
    "leaky_relu with slope 0.01": (f"{_F}.leaky_relu({{}}, 0.01)", f"{_NN}.LeakyReLU(0.01)"),
    "leaky_relu with slope 0.2": (f"{_F}.leaky_relu({{}}, 0.2)", f"{_NN}.LeakyReLU(0.2)"),
    "leaky_relu with slope 0.3": (f"{_F}.leaky_relu({{}}, 0.3)", f"{_NN}.LeakyReLU(0.3)"),
    "relu6": (f"{_F}.relu6({{}})", f"{_NN}.ReLU6()"),
    "elu": (f"{_F}.elu({{}})", f"{_NN}.ELU()"),
    "selu": (f"{_F}.selu({{}})", f"{_NN}.SELU()"),
    "silu": (f"{_F}.silu({{}})", f"{_NN}.SiLU()"),
    "x sigmoid(1.702 x)": ("{} * torch.sigmoid(1.702 * {})", ""),
    "gelu by erf": (f"{_F}.gelu({{}})", f"{_NN}.GELU()"),
    "gelu by tanh": (f'{_F}.gelu({{}}, approximate="tanh")', f'{_NN}.GELU(approximate="tanh")'),
    "mish": (f"{_F}.mish({{}})", f"{_NN}.Mish()"),
    "sigmoid": ("torch.sigmoid({})", f"{_NN}.Sigmoid()"),
    "hard sigmoid of Keras 2": ("(0.2 * {} + 0.5).clamp(0, 1)", ""),
    "hard sigmoid of Keras 3": (f"{_F}.hardsigmoid({{}})", f"{_NN}.Hardsigmoid()"),
    "hardswish": (f"{_F}.hardswish({{}})", f"{_NN}.Hardswish()"),
    "tanh": ("torch.tanh({})", f"{_NN}.Tanh()"),
    "softplus": (f"{_F}.softplus({{}})", f"{_NN}.Softplus()"),
    "softsign": (f"{_F}.softsign({{}})", f"{_NN}.Softsign()"),
    "exp": ("torch.exp({})", ""),
    "log_sigmoid": (f"{_F}.logsigmoid({{}})", f"{_NN}.LogSigmoid()"),
    "softmax": ("torch.softmax({}, dim=-1)", f"{_NN}.Softmax(dim=-1)"),
    "log_softmax": ("torch.log_softmax({}, dim=-1)", f"{_NN}.LogSoftmax(dim=-1)"),
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
    found = {
        f"as {name}": Alternative(None, partial(do, x), _in_its_place(name))
        for name, do in others.items()
    }
    left_out = Edit(function="{input}", module="torch.nn.Identity()")
    found["left out"] = Alternative(None, lambda: x, left_out)
    return found | (_with_beta(bound) if own == "silu" else {})


def _with_beta(bound: Bound) -> Alternatives:
    """Return x sigmoid(beta x) with each number of the reference for beta."""
    x = bound["input"]
    return {
        f"with beta {beta!r}, as in the reference": Alternative(
            None,
            partial(_swish, x, beta),
            Edit(function=f"{{input}} * torch.sigmoid({beta!r} * {{input}})"),
        )
        for beta in bound["numbers"]
    }


def _swish(x: Tensor, beta: float) -> Tensor:
    return x * torch.sigmoid(beta * x)


def _in_its_place(name: str) -> Edit:
    function, module = _WRITTEN[name]
    return Edit(function=function.replace("{}", "{input}"), module=module)


def _behind_it(name: str) -> Edit:
    function, module = _WRITTEN[name]
    return Edit(after=function.replace("{}", "{call}"), following=module)


def following(bound: Bound) -> Alternatives:
    """Return the call followed by an activation function that the code may have forgotten."""
    functions = {name: _FUNCTIONS[name] for name in _FOLLOWING}
    if bound["kind"] in ("linear", "layer_norm"):
        functions["softmax"] = partial(torch.softmax, dim=-1)
        functions["log_softmax"] = partial(torch.log_softmax, dim=-1)
    return {
        f"followed by {name}": Alternative(None, partial(_applied, do, bound), _behind_it(name))
        for name, do in functions.items()
    }


def _applied(function: Callable[[Tensor], Tensor], bound: Bound) -> Tensor:
    return function(bound["again"]())
