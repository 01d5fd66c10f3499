"""Numbers that ports confuse with others in sums, products and quotients."""

import math

import pytest
import torch

from parity.runners.torch.alternatives import alternatives
from parity.runners.torch.operations import bind_call

X = torch.tensor([1.0, 4.0])


def found(func, *args):
    return alternatives(bind_call(func, args, {})[1])


def test_a_divisor_for_its_root_or_square_and_how_that_is_written():
    ways = found(torch.Tensor.div, X, 4)
    assert ways["by the root"].do().tolist() == [0.5, 2]
    assert ways["by the square"].do().tolist() == [1 / 16, 0.25]
    assert ways["by the root"].edit.arguments == (("other", "{} ** 0.5"),)
    assert found(torch.Tensor.div, X, X) == {}


@pytest.mark.parametrize(("factor", "name"), [(-1e9, "by minus infinity"), (-100.0, "by -1e+09")])
def test_a_factor_of_masks(factor, name):
    ways = found(torch.Tensor.mul, X, factor)
    assert ways[name].do()[0] in (-math.inf, -1e9)
    assert found(torch.Tensor.mul, X, 3.0) == {}


def test_a_small_term_is_left_out():
    (way,) = found(torch.Tensor.add, X, 1e-8).values()
    assert torch.equal(way.do(), X)
    assert way.edit.function == "{input}"
    assert found(torch.Tensor.add, X, 1.0) == {}
