"""Activation functions in PyTorch, and the other functions that ports take for them."""

import math
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from parity.runners.torch.arguments import Bound
from parity.runners.torch.other import Other, Ways


def slopes(bound: Bound) -> Ways:
    """Leaky ReLU with the slopes that TensorFlow, Keras and PyTorch have by default."""
    held = bound.get("negative_slope", 0.01)
    slopes = {
        "with slope 0.2": 0.2,
        "with slope 0.2 as a float32": float(np.float32(0.2)),
        "with slope 0.3": 0.3,
        "with slope 0.3 as a float32": float(np.float32(0.3)),
        "with slope 0.01": 0.01,
    }
    return {
        name: Other(19, partial(bound["again"], negative_slope=slope))
        for name, slope in slopes.items()
        if slope != held
    }


def gelu(bound: Bound) -> Ways:
    """By erf what is done by tanh, and the reverse."""
    held = bound.get("approximate", "none")
    other = "none" if held == "tanh" else "tanh"
    name = "by erf" if other == "none" else "by tanh"
    return {name: Other(20, lambda: functional.gelu(bound["input"], approximate=other))}


def erf(bound: Bound) -> Ways:
    """If this is GELU's erf, tanh in its place."""
    return {"by tanh": Other(20, lambda: _tanh_of(bound["input"] * math.sqrt(2)))}


def erfc(bound: Bound) -> Ways:
    """If this is GELU's, as in x erfc(-x / sqrt(2)) / 2, tanh in its place."""
    return {"by tanh": Other(20, lambda: 1 - _tanh_of(bound["input"] * math.sqrt(2)))}


def _tanh_of(x: Tensor) -> Tensor:
    """What GELU by tanh has for erf(x / sqrt(2)) (arXiv:1606.08415)."""
    return torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def tanh(bound: Bound) -> Ways:
    """If this is GELU's tanh, erf in its place.

    Its argument z = sqrt(2/pi) (x + 0.044715 x^3) is solved for x, by the root that a cubic with a
    positive linear term has in sinh, so that gradients pass.
    """
    y = bound["input"] / math.sqrt(2 / math.pi)
    c = 0.044715

    def do() -> Tensor:
        third = torch.asinh(1.5 * math.sqrt(3 * c) * y) / 3
        return torch.erf(2 / math.sqrt(3 * c) * torch.sinh(third) / math.sqrt(2))

    return {"by erf": Other(20, do)}


def hardsigmoid(bound: Bound) -> Ways:
    """With the slope that it has in Keras 2."""
    return {"of Keras 2": Other(21, lambda: (0.2 * bound["input"] + 0.5).clamp(0, 1))}
