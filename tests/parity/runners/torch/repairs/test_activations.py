"""Activation functions that were confused or forgotten, as repairs of a candidate."""

import pytest
import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.linspace(-9, 9, 24, dtype=torch.float64).reshape(2, 3, 4)
W = torch.linspace(-1, 1, 8, dtype=torch.float64).reshape(2, 4)


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


@pytest.mark.parametrize("own", [torch.relu, torch.sigmoid, torch.tanh, functional.elu])
def test_each_other_function_is_tried_and_none_at_all(own):
    ways = found(own, X)
    assert f"as {own.__name__}" not in ways
    assert torch.equal(ways["as softplus"].do(), functional.softplus(X))
    assert torch.equal(ways["as x sigmoid(1.702 x)"].do(), X * torch.sigmoid(1.702 * X))
    assert torch.equal(ways["left out"].do(), X)
    results = [way.do() for way in ways.values()]
    assert not any(torch.equal(result, own(X)) for result in results)


def test_a_forgotten_function_follows_a_layer():
    ways = found(functional.linear, X, W)
    made = functional.linear(X, W)
    assert torch.equal(ways["followed by softmax"].do(), made.softmax(-1))
    assert torch.equal(ways["followed by relu"].do(), made.relu())
    assert "followed by softmax" not in found(torch.conv1d, X, torch.ones(1, 3, 2).double())


def test_an_operation_that_nothing_is_known_of_has_no_repairs():
    assert bind_call(torch.erfinv, (X,), {}) is None
    assert found(torch.erf, X) == {}
