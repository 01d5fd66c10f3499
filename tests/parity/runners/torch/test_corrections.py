"""Corrections give what the port should have computed, and nothing where they do not apply."""

import pytest
import torch
from torch.nn import functional

from parity.runners.torch.corrections import exact_cross_entropy, missing_epsilon, missing_one_hot
from parity.runners.torch.operations import bind_call


def bound(func, *args, **kwargs):
    return bind_call(func, args, kwargs)[1]


def test_an_epsilon_is_added_within_or_beside_the_root():
    x = torch.tensor([0.0, 4.0])
    ways = missing_epsilon(bound(torch.sqrt, x))
    assert len(ways) == 10
    torch.testing.assert_close(ways["with 1e-06 beneath it"].do(), (x + 1e-6).sqrt())
    torch.testing.assert_close(ways["with 1e-06 beside it"].do(), x.sqrt() + 1e-6)


def test_repeated_codes_become_one_hot():
    codes = torch.tensor([[0.0], [2.0], [7.0]])
    (way,) = missing_one_hot(bound(torch.Tensor.expand, codes, -1, 3)).values()
    assert way.do().tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    ("codes", "sizes"),
    [
        (torch.tensor([[0.5]]), (-1, 3)),
        (torch.tensor([[1.0, 2.0]]), (3, -1, -1)),
        (torch.tensor([[1.0]]), (3, -1, -1)),
        (torch.tensor([[True]]), (-1, 3)),
        (torch.tensor(1.0), (3,)),
    ],
)
def test_what_is_no_code_or_not_repeated_is_left(codes, sizes):
    assert missing_one_hot(bound(torch.Tensor.expand, codes, *sizes)) == {}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_cross_entropy_is_the_same_with_a_better_gradient(reduction):
    logits = torch.tensor([-30.0, 0.5, 30.0], requires_grad=True)
    labels = torch.tensor([0.0, 1.0, 1.0])
    entropy = functional.binary_cross_entropy_with_logits
    (way,) = exact_cross_entropy(bound(entropy, logits, labels, reduction=reduction)).values()
    torch.testing.assert_close(way.do(), entropy(logits, labels, reduction=reduction))
    (gradient,) = torch.autograd.grad(way.do().sum(), logits)
    assert gradient[0] > 0
    assert gradient[2] < 0


def test_a_weighted_cross_entropy_is_left():
    x = torch.zeros(2)
    entropy = functional.binary_cross_entropy_with_logits
    assert exact_cross_entropy(bound(entropy, x, x, weight=x)) == {}
    assert exact_cross_entropy(bound(entropy, x, x[:1])) == {}
