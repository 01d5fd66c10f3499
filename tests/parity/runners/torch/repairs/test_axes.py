"""Axes of reductions, running sums and normalizations, as repairs of a candidate."""

import pytest
import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.linspace(-3, 3, 24, dtype=torch.float64).reshape(2, 3, 4).sin()


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


@pytest.mark.parametrize("own", ["mean", "sum", "amax", "amin", "logsumexp"])
def test_reductions_over_each_other_axis(own):
    ways = found(getattr(torch.Tensor, own), X, -1)
    assert torch.equal(ways["over axis 0 of 3"].do(), getattr(X, own)(dim=0))
    assert "over axis 2 of 3" not in ways
    others = [way.do() for name, way in ways.items() if name.startswith("as ")]
    assert others
    assert not any(torch.equal(other, getattr(X, own)(-1)) for other in others)


def test_a_reduction_over_everything_has_other_reductions_alone():
    ways = found(torch.mean, X)
    assert torch.equal(ways["as the maximum"].do(), X.max())
    assert torch.allclose(ways["as the root of the mean of squares"].do(), X.square().mean().sqrt())
    assert not any(name.startswith("over") for name in ways)


def test_running_sums_backwards_and_exclusive():
    ways = found(torch.cumsum, torch.tensor([1.0, 2.0, 4.0]), 0)
    assert ways["backwards"].do().tolist() == [7, 6, 4]
    assert ways["exclusive of the element itself"].do().tolist() == [0, 1, 3]
    ways = found(torch.cumprod, torch.tensor([2.0, 3.0, 4.0]), 0)
    assert ways["exclusive of the element itself"].do().tolist() == [1, 2, 6]


def test_normalization_of_another_axis():
    ways = found(functional.normalize, X)
    assert torch.equal(ways["over axis 2 of 3"].do(), functional.normalize(X, dim=2))
    square = X[:, :, :3]
    mean, var = torch.zeros(3).double(), torch.tensor([1.0, 2.0, 3.0]).double()
    ways = found(functional.batch_norm, square, mean, var)
    assert torch.allclose(ways["over the last axis"].do(), square / (var + 1e-5).sqrt(), rtol=1e-12)
    assert "over the last axis" not in found(functional.batch_norm, X, mean, var)


def test_a_mean_of_whole_numbers_may_have_been_one_of_integers():
    whole = torch.tensor([[1.0, 2.0], [-1.0, -2.0]], dtype=torch.float64)
    name = "as that of integers, cut to a whole number"
    assert found(torch.mean, whole, -1)[name].do().tolist() == [1.0, -1.0]
    assert name not in found(torch.mean, X, -1)
    assert name not in found(torch.sum, whole, -1)
