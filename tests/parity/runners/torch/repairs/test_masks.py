"""Masks and triangles, as repairs of a candidate."""

import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.linspace(-2, 2, 16, dtype=torch.float64).reshape(4, 4)
MASK = X > 0.5


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


def test_masks_inverted_filled_otherwise_and_left_out():
    ways = found(torch.Tensor.masked_fill, X, MASK, -1e9)
    assert torch.equal(ways["with its mask inverted"].do(), X.masked_fill(~MASK, -1e9))
    assert torch.equal(ways["with -inf"].do(), X.masked_fill(MASK, -torch.inf))
    assert torch.equal(ways["left out"].do(), X)
    assert "with -1e+09" not in ways


def test_a_condition_inverted():
    ways = found(torch.where, MASK, X, 0.0)
    assert torch.equal(ways["with its condition inverted"].do(), torch.where(MASK, 0.0, X))
    assert torch.equal(ways["as its first branch"].do(), X)
    # A method has its operands in another order.
    assert bind_call(torch.Tensor.where, (X, MASK, X), {}) is None


def test_triangles():
    ways = found(torch.tril, X)
    assert torch.equal(ways["as triu"].do(), X.triu())
    assert torch.equal(ways["from diagonal -1"].do(), X.tril(-1))


def test_causal_attention():
    x = X.reshape(1, 1, 4, 4)
    (way,) = [
        way
        for name, way in found(functional.scaled_dot_product_attention, x, x, x).items()
        if name == "causal"
    ]
    right = functional.scaled_dot_product_attention(x, x, x, is_causal=True)
    assert torch.equal(way.do(), right)
