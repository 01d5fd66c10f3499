"""Alternatives to an operation: each has a name, another result, and none where there is none."""

import pytest
import torch
from torch.nn import functional

from parity.runners.torch.alternatives import alternatives
from parity.runners.torch.operations import bind_call

X = torch.linspace(-2, 2, 24, dtype=torch.float64).reshape(2, 3, 4)
IMAGE = X.reshape(1, 2, 3, 4)
MASK = torch.tensor([[True, False, True, True]])
STATES = (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4))


def found(func, *args, **kwargs):
    bound = bind_call(func, args, kwargs)
    assert bound is not None
    return alternatives(bound[1])


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "names"),
    [
        (torch.softmax, (X, -1), {}, ["over axis 0 of 3", "over axis 1 of 3"]),
        (torch.squeeze, (X[:1, :1], 0), {}, ["without an axis"]),
        (torch.squeeze, (X[:1],), {}, []),
        (torch.std, (X,), {"dim": 0}, ["with correction 0"]),
        (torch.var, (X,), {"dim": 0, "correction": 0}, ["with correction 1"]),
        (functional.pad, (X, [1, 0]), {}, ["by [0, 1]"]),
        (torch.flatten, (IMAGE, 1), {}, ["with the last axis first", "with the first axis last"]),
        (torch.flatten, (IMAGE, 2), {}, []),
        (
            torch.Tensor.reshape,
            (X, 2, 3, 2, 2),
            {},
            ["with the two axes in the other order"],
        ),
        (torch.Tensor.reshape, (X, 6, 4), {}, []),
        (torch.Tensor.unflatten, (X, 2, (2, 2)), {}, ["with the two axes in the other order"]),
        (torch.trunc, (X,), {}, ["as floor", "as round"]),
        (torch.add, (X, 1e-7), {}, ["left out"]),
        (torch.add, (X, 1.0), {}, []),
        (torch.mul, (X, -1e4 + 1), {}, ["by -1e+09", "by -1e+12"]),
        (torch.mul, (X, 1e6), {}, ["by minus infinity", "by -10", "with the other sign"]),
        (torch.div, (X, 6), {}, ["by the square", "by the root", "by 5"]),
        (torch.mean, (X, 0), {}, ["as a sum"]),
        (torch.sum, (X, 0), {}, ["as a mean"]),
        (
            functional.interpolate,
            (IMAGE,),
            {"scale_factor": 2, "mode": "bilinear"},
            ["with aligned corners"],
        ),
    ],
)
def test_names(func, args, kwargs, names):
    ways = found(func, *args, **kwargs)

    assert list(ways) == names
    right = func(*args, **kwargs)
    for name, way in ways.items():
        other = way.do()
        assert other.shape != right.shape or not torch.equal(other, right), name


def test_an_attention_without_its_mask_scaled_otherwise():
    query = X[None]
    ways = found(functional.scaled_dot_product_attention, query, query, query, MASK[:, None, :3])
    assert list(ways) == [
        "not scaled",
        "scaled by the depth, not its root",
        "without its mask",
        "with its mask inverted",
    ]
    plain = found(functional.scaled_dot_product_attention, query, query, query, scale=1.0)
    assert list(plain) == ["scaled by the depth, not its root", "scaled by the root of the depth"]


def test_a_norm_has_other_epsilons_and_a_batch_norm_the_other_mode():
    layer = found(functional.layer_norm, X, (4,), eps=1e-3)
    assert list(layer) == ["with epsilon 1e-05", "with epsilon 1e-06", "with epsilon 1e-12"]
    mean, var = torch.zeros(3).double(), torch.ones(3).double()
    batch = found(functional.batch_norm, X, mean, var, training=False)
    assert list(batch)[-1] == "in training"
    batch["in training"].do()
    # The alternative works on copies of the running statistics.
    assert torch.equal(mean, torch.zeros(3).double())


def test_time_and_batch_of_a_recurrent_layer():
    lstm = torch.nn.LSTM(4, 4, batch_first=True).double()
    args = (X, tuple(s.double() for s in STATES), lstm._flat_weights, True, 1, 0.0, False, False)
    (name,) = ways = found(torch.lstm, *args, True)
    assert name == "with time first"
    assert ways[name].do()[0].shape == (2, 3, 4)


def test_an_operation_of_no_interest_has_none():
    assert bind_call(torch.atan, (X,), {}) is None
