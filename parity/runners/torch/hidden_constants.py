"""Constants inside PyTorch's own kernels, where no argument shows them.

gelu's constants and attention's scale are exact, and float32 in a TensorFlow that states them as
numbers. Two kernels hold a constant in float32 in float64 too: the gradients of hardsigmoid and of
elu (and celu). softplus returns its input above a threshold, which in float32 changes nothing if
the threshold is high enough.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from parity.declaring.constants import Constant, ConstantChanges, round_to_float32
from parity.judging.oracle import EPS32

# Above this threshold, neither softplus (at most exp(-threshold) from its input) nor its gradient
# (as far from 1) can be told from the shortcut in float32: that is less than half an ulp below 1.
_INVISIBLE = -math.log(EPS32 / 4)


def _rounded(changes: ConstantChanges, operation: str, value: float) -> float:
    """Return a kernel's exact constant in the state asked for."""
    held = float(round_to_float32(np.array(value)))
    if changes.state == "rounded" and changes.change(operation, np.array(value), np.array(held)):
        return held
    return value


def _gelu(changes: ConstantChanges, x: Tensor, approximate: str = "none") -> Tensor | None:
    if changes.state != "rounded" or x.dtype != torch.float64:
        return None
    if approximate == "none":
        return 0.5 * x * (1 + torch.erf(x * _rounded(changes, "gelu", math.sqrt(0.5))))
    return 0.5 * x * (1 + torch.tanh(_gelu_inner(changes, x)[0]))


def _gelu_inner(changes: ConstantChanges, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the argument of the tanh in gelu's approximation, and its derivative."""
    outer = _rounded(changes, "gelu", math.sqrt(2 / math.pi))
    cubic = _rounded(changes, "gelu", 0.044715)
    return outer * (x + cubic * x**3), outer * (1 + 3 * cubic * x**2)


def _gelu_backward(
    changes: ConstantChanges, grad: Tensor, x: Tensor, approximate: str = "none"
) -> Tensor | None:
    if changes.state != "rounded" or x.dtype != torch.float64:
        return None
    if approximate == "none":
        scale = _rounded(changes, "gelu", math.sqrt(0.5))
        density = scale / math.sqrt(math.pi) * torch.exp(-((scale * x) ** 2))
        return grad * (0.5 * (1 + torch.erf(scale * x)) + x * density)
    inner, slope = _gelu_inner(changes, x)
    bend = torch.tanh(inner)
    return grad * (0.5 * (1 + bend) + 0.5 * x * (1 - bend**2) * slope)


def _hardsigmoid_backward(changes: ConstantChanges, grad: Tensor, x: Tensor) -> Tensor | None:
    held = round_to_float32(np.array(1 / 6))
    if x.dtype != torch.float64 or not changes.change("hardsigmoid", np.array(1 / 6), held):
        return None
    return torch.where((x > -3) & (x < 3), grad / 6, 0.0)


def _elu_backward(
    changes: ConstantChanges,
    grad: Tensor,
    alpha: float,
    scale: float,
    input_scale: float,
    is_result: bool,
    x: Tensor,
) -> Tensor | None:
    # celu hands the inverse of its alpha on in float32.
    inverse = 1 / alpha if abs(input_scale * alpha - 1) < 2 * EPS32 else input_scale
    value, held = np.array(inverse), np.array(input_scale)
    if x.dtype != torch.float64 or not changes.change("celu", value, held):
        return None
    input_scale = inverse
    below = x + alpha * scale if is_result else alpha * scale * torch.exp(x * input_scale)
    return torch.where(x <= 0, grad * input_scale * below, grad * scale)


def _without_threshold(changes: ConstantChanges, beta: float, threshold: float) -> float | None:
    """Return softplus' beta if it may do without its threshold."""
    if threshold < _INVISIBLE:
        return None
    shortcut = Constant("softplus", f"threshold {threshold:g}", "no threshold")
    if not changes.note(("softplus", shortcut.value), shortcut):
        return None
    return _rounded(changes, "softplus", float(beta))


def _softplus(
    changes: ConstantChanges, x: Tensor, beta: float = 1, threshold: float = 20
) -> Tensor | None:
    used = _without_threshold(changes, beta, threshold) if (x * beta > threshold).any() else None
    if x.dtype != torch.float64 or used is None:
        return None
    return torch.logaddexp(x * used, torch.zeros_like(x)) / used


def _softplus_backward(
    changes: ConstantChanges, grad: Tensor, x: Tensor, beta: float, threshold: float
) -> Tensor | None:
    used = _without_threshold(changes, beta, threshold) if (x * beta > threshold).any() else None
    if x.dtype != torch.float64 or used is None:
        return None
    return grad * torch.sigmoid(x * used)


HIDDEN: dict[str, Callable[..., Tensor | None]] = {
    "gelu": _gelu,
    "gelu_backward": _gelu_backward,
    "hardsigmoid_backward": _hardsigmoid_backward,
    "elu_backward": _elu_backward,
    "softplus": _softplus,
    "softplus_backward": _softplus_backward,
}
"""By operation: a function of the changes and the operation's own arguments.

It returns the operation's result with the kernel's constants in the state asked for, or None if
nothing is to be changed.
"""


def with_attention_scale(
    changes: ConstantChanges, name: str, args: Any, kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return the arguments of an attention kernel with the scale that it would compute itself."""
    if "scaled_dot_product" not in name or kwargs.get("scale") is not None:
        return kwargs
    query = next(value for value in args if isinstance(value, Tensor) and value.ndim == 4)
    scale = 1 / math.sqrt(query.shape[-1])
    held = _rounded(changes, "scaled_dot_product_attention", scale)
    return kwargs if held == scale else {**kwargs, "scale": held}
