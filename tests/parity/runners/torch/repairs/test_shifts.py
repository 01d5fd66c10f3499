"""Positions along an axis, as repairs of a candidate."""

import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.arange(96.0).reshape(2, 3, 4, 4)


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


def test_reversed_and_rolled():
    ways = found(torch.Tensor.flip, X, 1)
    assert torch.equal(ways["left out"].do(), X)
    assert torch.equal(ways["along axis 2 of 4"].do(), X.flip(2))
    assert torch.equal(found(torch.roll, X, 1, 2)["the other way"].do(), X.roll(-1, 2))


def test_counted_from_elsewhere():
    ways = found(torch.arange, 3)
    assert ways["with one added"].do().tolist() == [1, 2, 3]
    assert ways["backwards"].do().tolist() == [2, 1, 0]


def test_other_parts_of_an_index():
    ways = found(torch.Tensor.__getitem__, X, (slice(None), 0, slice(1, None)))
    assert torch.equal(ways["[-1] at place 2"].do(), X[:, -1, 1:])
    assert torch.equal(ways["[:-1] at place 3"].do(), X[:, 0, :-1])
    assert ways["[:-1] at place 3"].edit.indices == ((2, ":-1"),)
    ways = found(torch.Tensor.__getitem__, X[0, 0, 0], slice(None, None, 2))
    assert ways["[1::2] at place 1"].do().tolist() == [1, 3]
    assert found(torch.Tensor.__getitem__, X, torch.tensor([1])) == {}
    assert found(torch.Tensor.__getitem__, X, True) == {}


def test_channels():
    kernel = torch.ones(2, 3, 1, 1) * torch.arange(3.0)[:, None, None]
    ways = found(torch.conv2d, X, kernel)
    assert torch.equal(ways["with its channels reversed"].do(), torch.conv2d(X.flip(1), kernel))
    deep = found(torch.conv2d, X, torch.arange(6.0).reshape(6, 1, 1, 1), groups=3)
    made = deep["with the channels of its groups interleaved"].do()
    assert torch.equal(made[:, 1], X[:, 1] * 2)
    assert "with the channels of its groups interleaved" not in ways


def test_blocks_and_repetitions():
    ways = found(functional.pixel_unshuffle, X, 2)
    (way,) = ways.values()
    # TensorFlow's space_to_depth: the place within the block first, then the channel.
    assert torch.equal(way.do()[:, 1], X[:, 1, ::2, ::2])
    back = found(functional.pixel_shuffle, way.do(), 2)
    assert torch.equal(next(iter(back.values())).do(), X)
    (way,) = found(torch.Tensor.repeat, X, 1, 2, 1, 1).values()
    assert torch.equal(way.do(), X.repeat_interleave(2, 1))
