"""Functions of single numbers, as repairs of a candidate."""

import pytest
import torch

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.linspace(0.5, 3, 12, dtype=torch.float64).reshape(3, 4)


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


@pytest.mark.parametrize("own", ["log", "exp", "sin", "square", "rsqrt", "neg"])
def test_the_others_of_a_group(own):
    ways = found(getattr(torch, own), X)
    assert ways
    assert f"as {own}" not in ways
    for name, way in ways.items():
        right = X if name == "left out" else getattr(torch, name.removeprefix("as "))(X)
        assert torch.equal(way.do(), right)


def test_softmax_and_its_logarithm():
    ways = found(torch.softmax, X, 0)
    assert torch.equal(ways["as log_softmax"].do(), X.log_softmax(0))
    assert torch.equal(ways["left out"].do(), X)
    assert "as softmax" in found(torch.Tensor.log_softmax, X, -1)


def test_remainders_comparisons_bounds_and_powers():
    assert torch.equal(found(torch.fmod, -X, 2)["as remainder"].do(), torch.remainder(-X, 2))
    ways = found(torch.Tensor.gt, X, X.median())
    assert torch.equal(ways["as ge"].do(), X.median() <= X)
    assert ways["as ge"].edit.operator == ">="
    ways = found(torch.clamp, X, min=1e-6)
    assert torch.equal(ways["at least 0.001"].do(), X.clamp(min=1e-3))
    assert "at least 1e-06" not in ways
    assert found(torch.clamp, X, 1, 2).keys() == {"left out"}
    ways = found(torch.pow, X, 2)
    assert "to the power 2" not in ways
    assert torch.equal(ways["to the power 0.5"].do(), X**0.5)
    assert found(torch.pow, X, X) == {}
