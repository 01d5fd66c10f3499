"""The other GELU, slope or hard sigmoid gives what a port with that bug computes."""

import math

import pytest
import torch
from torch.nn import functional

from parity.runners.torch.activation_alternatives import (
    erf,
    erfc,
    gelu,
    hardsigmoid,
    leaky_relu,
    tanh,
)
from parity.runners.torch.operations import bind_call

X = torch.linspace(-3, 3, 13, dtype=torch.float64, requires_grad=True)


def bound(func, *args, **kwargs):
    return bind_call(func, args, kwargs)[1]


def test_every_other_default_slope_is_tried():
    ways = leaky_relu(bound(functional.leaky_relu, X, 0.2))
    assert "with slope 0.2" not in ways
    assert list(ways) == [
        "with slope 0.2 as a float32",
        "with slope 0.3",
        "with slope 0.3 as a float32",
        "with slope 0.01",
    ]
    torch.testing.assert_close(ways["with slope 0.3"].do(), functional.leaky_relu(X, 0.3))


@pytest.mark.parametrize(("current", "other"), [("none", "tanh"), ("tanh", "none")])
def test_gelu_by_the_other_formula(current, other):
    (way,) = gelu(bound(functional.gelu, X, approximate=current)).values()
    torch.testing.assert_close(way.do(), functional.gelu(X, approximate=other))


def test_written_out_by_erf_or_erfc_it_becomes_the_one_by_tanh():
    expected = functional.gelu(X, approximate="tanh")
    (by_erf,) = erf(bound(torch.erf, X / math.sqrt(2))).values()
    torch.testing.assert_close(X * (1 + by_erf.do()) / 2, expected)
    (by_erfc,) = erfc(bound(torch.erfc, -X / math.sqrt(2))).values()
    torch.testing.assert_close(X * by_erfc.do() / 2, expected)


def test_written_out_by_tanh_it_becomes_the_one_by_erf_with_its_gradient():
    z = math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)
    (way,) = tanh(bound(torch.tanh, z)).values()
    found, expected = X * (1 + way.do()) / 2, functional.gelu(X)
    torch.testing.assert_close(found, expected)
    for value in (found, expected):
        (gradient,) = torch.autograd.grad(value.sum(), X, retain_graph=True)
        assert gradient.isfinite().all()
    torch.testing.assert_close(
        torch.autograd.grad(found.sum(), X)[0], torch.autograd.grad(expected.sum(), X)[0]
    )


def test_hard_sigmoid_of_keras_2():
    (way,) = hardsigmoid(bound(functional.hardsigmoid, X)).values()
    torch.testing.assert_close(way.do(), (0.2 * X + 0.5).clamp(0, 1))
