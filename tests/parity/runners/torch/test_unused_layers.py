"""Layers that a candidate has and does not use, as its own code would name them."""

import sys

import torch
from torch import nn
from torch.nn import functional

from parity.runners.torch.unused_layers import find_unused

X = torch.ones(2, 3)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(3, 3)
        self.forgotten = nn.Linear(3, 3)
        self.by_weight = nn.Linear(3, 3)
        self.activation = nn.ReLU()

    def forward(self, x, ask=lambda frame: None):
        ask(sys._getframe())
        return functional.linear(self.used(x), self.by_weight.weight)


def asked(block, unused):
    """Return what is found in the block's own code."""
    found = {}
    block(X, lambda frame: found.update(unused(frame)))
    return found


def test_what_is_neither_called_nor_has_its_weights_used():
    block = Block()
    assert asked(block, find_unused(lambda: block(X))) == {"self.forgotten": block.forgotten}


def test_elsewhere_nothing_can_be_called():
    block = Block()
    unused = find_unused(lambda: block(X))
    assert dict(unused(sys._getframe())) == {}
    assert dict(unused(None)) == {}


def test_layers_that_the_call_makes_are_not_known():
    assert asked(Block(), find_unused(lambda: Block()(X))) == {}
