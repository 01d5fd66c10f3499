"""Numbers of the reference as repairs of a candidate."""

import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.linspace(-3, 3, 12, dtype=torch.float64).reshape(3, 4)


def found(numbers, func, *args, **kwargs):
    bound = bind_call(func, args, kwargs)[1]
    return repairs({**bound, "numbers": numbers})


def test_a_number_takes_the_place_of_an_argument():
    ways = found((127.5,), torch.Tensor.div, X, 128)
    way = ways["with other 127.5, as in the reference"]
    assert torch.equal(way.do(), X / 127.5)
    assert way.edit.arguments == (("other", "127.5"),)
    ways = found((0.25,), functional.leaky_relu, X, negative_slope=0.01)
    right = functional.leaky_relu(X, 0.25)
    assert torch.equal(ways["with negative_slope 0.25, as in the reference"].do(), right)
    assert not any("as in the reference" in name for name in found((), torch.Tensor.div, X, 128))


def test_a_number_may_be_missing_behind_any_call():
    ways = found((1.0, 0.5), torch.tanh, X)
    assert torch.equal(ways["plus 1.0, as in the reference"].do(), X.tanh() + 1)
    assert torch.equal(ways["times 0.5, as in the reference"].do(), X.tanh() * 0.5)
    assert "times 1.0, as in the reference" not in ways
    many = found((0.1, 0.2, 0.3, 0.4), torch.tanh, X)
    assert not any(name.startswith(("plus", "times")) for name in many)
