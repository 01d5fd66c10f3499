"""Epsilons, groups and paddings, as repairs of a candidate."""

import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.linspace(-3, 3, 72, dtype=torch.float64).reshape(2, 4, 9).sin()
KERNEL = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(2, 4, 3)


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


def test_other_epsilons_than_known_bugs_have():
    ways = found(functional.group_norm, X, 2)
    right = functional.group_norm(X, 2, eps=1e-3)
    assert torch.equal(ways["with epsilon 0.001"].do(), right)
    ways = found(functional.layer_norm, X, (9,), eps=1e-3)
    assert "with epsilon 1e-05" not in ways
    assert "with epsilon 0.0001" in ways


def test_other_numbers_of_groups():
    ways = found(functional.group_norm, X, 2)
    assert torch.equal(ways["in 4 groups"].do(), functional.group_norm(X, 4))
    assert "in 2 groups" not in ways
    assert "in 3 groups" not in ways


def test_what_is_beyond_the_border():
    ways = found(functional.pad, X, (1, 2))
    assert torch.equal(ways["as reflect"].do(), functional.pad(X, (1, 2), "reflect"))
    assert torch.equal(ways["with 1"].do(), functional.pad(X, (1, 2), value=1))
    ways = found(torch.conv1d, X, KERNEL, None, 1, 1)
    right = torch.conv1d(functional.pad(X, (1, 1), "replicate"), KERNEL)
    assert torch.equal(ways["padded as replicate"].do(), right)
    assert "padded as replicate" not in found(torch.conv1d, X, KERNEL)
