"""PyTorch's kernels without their hidden constants compute what they did, to float64 rounding."""

import numpy as np
import pytest
import torch

from parity.declaring.constants import ConstantChanges
from parity.runners.torch.hidden_constants import HIDDEN, with_attention_scale

X = torch.linspace(-6, 6, 101, dtype=torch.float64)
ARGUMENTS = {
    "gelu": (X,),
    "gelu_backward": (torch.ones_like(X), X),
    "hardsigmoid_backward": (torch.ones_like(X), X),
    "elu_backward": (torch.ones_like(X), 0.7, 1.0, float(np.float32(1 / 0.7)), False, X),
    "softplus": (X * 10,),
    "softplus_backward": (torch.ones_like(X), X * 10, 1, 20),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_they_differ_by_no_more_than_a_constant_s_rounding(name):
    changes = ConstantChanges("rounded")
    found = HIDDEN[name](changes, *ARGUMENTS[name])
    kernel = getattr(torch.ops.aten, name)(*ARGUMENTS[name])
    assert 1e-12 < (found - kernel).abs().max() < 1e-7
    assert changes.found


@pytest.mark.parametrize("name", ["gelu", "gelu_backward"])
def test_both_forms_of_gelu(name):
    found = HIDDEN[name](ConstantChanges("rounded"), *ARGUMENTS[name], approximate="tanh")
    kernel = getattr(torch.ops.aten, name)(*ARGUMENTS[name], approximate="tanh")
    assert 1e-12 < (found - kernel).abs().max() < 1e-7


@pytest.mark.parametrize("name", HIDDEN)
def test_float32_runs_are_left_alone(name):
    singles = [a.float() if isinstance(a, torch.Tensor) else a for a in ARGUMENTS[name]]
    assert HIDDEN[name](ConstantChanges("rounded"), *singles) is None


def test_an_explicit_scale_stays():
    query = torch.zeros(1, 1, 4, 6)
    changes = ConstantChanges("rounded")
    name = "_scaled_dot_product_flash_attention_for_cpu"
    assert with_attention_scale(changes, name, (query,), {"scale": 0.3}) == {"scale": 0.3}
    assert with_attention_scale(changes, "mul", (query,), {}) == {}
    scale = with_attention_scale(changes, name, (query,), {})["scale"]
    assert scale == float(np.float32(1 / 6**0.5))
