"""A layer of a product in place of a product of a layer's result, and the reverse."""

import torch
from torch.nn import functional

from parity.runners.torch.operations import Earlier, bind_call
from parity.runners.torch.repairs.exchanged import after_the_layer, before_its_operand

X = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(3, 4)
GATE = X.sigmoid()
W = torch.linspace(-1, 1, 16, dtype=torch.float64).reshape(4, 4).sin()


def called(func, *args, earlier=()):
    found = bind_call(func, args, {})
    assert found is not None
    return {**found[1], "earlier": earlier}


def remembered(func, *args):
    """Return the result of a call, and the call as one that was made before."""
    bound = called(func, *args)
    made = bound["again"]()
    return made, Earlier(bound["kind"], 0, bound["input"], bound.get("other"), made, bound["again"])


def test_a_product_before_the_layer_of_either_operand():
    made, earlier = remembered(functional.linear, X, W)
    ways = before_its_operand(called(torch.mul, GATE, made, earlier=[earlier]))
    name = "before the linear of its second operand, not after it"
    assert torch.equal(ways[name].do(), functional.linear(GATE * X, W))
    ways = before_its_operand(called(torch.mul, made, GATE, earlier=[earlier]))
    name = "before the linear of its first operand, not after it"
    assert torch.equal(ways[name].do(), functional.linear(X * GATE, W))


def test_what_does_not_fit_before_the_layer_is_left_out():
    made, earlier = remembered(functional.linear, X, W[:2])
    assert not before_its_operand(called(torch.mul, GATE[:, :2], made, earlier=[earlier]))
    assert not before_its_operand(called(torch.mul, made, 0.5, earlier=[earlier]))
    assert not before_its_operand(called(torch.mul, made.clone(), GATE, earlier=[earlier]))


def test_a_product_after_the_layer():
    made, earlier = remembered(torch.mul, X, GATE)
    ways = after_the_layer(called(functional.linear, made, W, earlier=[earlier]))
    expected = functional.linear(X, W) * GATE
    assert torch.equal(ways["before the product, not after it"].do(), expected)
    made, earlier = remembered(torch.mul, X, 2.0)
    assert not after_the_layer(called(functional.linear, made, W, earlier=[earlier]))
