"""Alternatives to PyTorch's activation functions: the functions that ports confuse them with."""

import math
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments


def leaky_relu(bound: Bound) -> Alternatives:
    """Return leaky ReLU with the default slopes of TensorFlow, Keras and PyTorch."""
    current = bound.get("negative_slope", 0.01)
    slopes = {
        "with slope 0.2": 0.2,
        "with slope 0.2 as a float32": float(np.float32(0.2)),
        "with slope 0.3": 0.3,
        "with slope 0.3 as a float32": float(np.float32(0.3)),
        "with slope 0.01": 0.01,
    }
    return {
        name: Alternative(
            19,
            partial(bound["again"], negative_slope=slope),
            with_arguments(negative_slope=repr(slope)),
        )
        for name, slope in slopes.items()
        if slope != current
    }


def gelu(bound: Bound) -> Alternatives:
    """Return GELU by erf for GELU by tanh, and the reverse."""
    current = bound.get("approximate", "none")
    other = "none" if current == "tanh" else "tanh"
    name = "by erf" if other == "none" else "by tanh"
    edit = with_arguments(approximate=f'"{other}"')
    return {name: Alternative(20, lambda: functional.gelu(bound["input"], approximate=other), edit)}


def erf(bound: Bound) -> Alternatives:
    """Return tanh in place of erf, in case this is GELU's."""
    return {"by tanh": Alternative(20, lambda: _tanh_for_erf(bound["input"] * math.sqrt(2)))}


def erfc(bound: Bound) -> Alternatives:
    """Return tanh in place of erfc, in case this is GELU's, as in x erfc(-x / sqrt(2)) / 2."""
    return {"by tanh": Alternative(20, lambda: 1 - _tanh_for_erf(bound["input"] * math.sqrt(2)))}


def _tanh_for_erf(x: Tensor) -> Tensor:
    """Return GELU's approximation of erf(x / sqrt(2)) by tanh (arXiv:1606.08415)."""
    return torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def tanh(bound: Bound) -> Alternatives:
    """Return erf in place of tanh, in case this is GELU's.

    The argument z = sqrt(2/pi) (x + 0.044715 x^3) is solved for x by the hyperbolic sine, which
    gives the real root of a cubic with a positive linear term, and passes gradients.
    """
    y = bound["input"] / math.sqrt(2 / math.pi)
    c = 0.044715

    def do() -> Tensor:
        third = torch.asinh(1.5 * math.sqrt(3 * c) * y) / 3
        return torch.erf(2 / math.sqrt(3 * c) * torch.sinh(third) / math.sqrt(2))

    return {"by erf": Alternative(20, do)}


def hardsigmoid(bound: Bound) -> Alternatives:
    """Return hard sigmoid with the slope that it has in Keras 2."""
    edit = Edit(function="(0.2 * {input} + 0.5).clamp(0, 1)")
    return {"of Keras 2": Alternative(21, partial(hard_sigmoid_of_keras_2, bound["input"]), edit)}


def hard_sigmoid_of_keras_2(x: Tensor) -> Tensor:
    """Return 0.2 x + 0.5 between 0 and 1."""
    return (0.2 * x + 0.5).clamp(0, 1)
