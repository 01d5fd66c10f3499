"""Divisors of losses, and CTC's blank, as repairs of a candidate."""

import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

SCORES = torch.linspace(-1, 1, 15, dtype=torch.float64).reshape(3, 5).sin().log_softmax(-1)


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


def test_divergence_by_records_for_that_by_elements():
    target = SCORES.flip(0).exp()
    ways = found(functional.kl_div, SCORES, target, reduction="mean")
    right = functional.kl_div(SCORES, target, reduction="batchmean")
    assert torch.allclose(ways["with a mean over records"].do(), right, rtol=1e-12)
    assert "with a mean over elements" not in ways


def test_weighted_cross_entropy_by_records_for_that_by_weights():
    labels, weight = torch.tensor([0, 4, 2]), torch.arange(1.0, 6.0).double()
    ways = found(functional.cross_entropy, SCORES, labels, weight)
    each = functional.cross_entropy(SCORES, labels, weight, reduction="none")
    assert torch.allclose(ways["with a mean over records"].do(), each.mean(), rtol=1e-12)
    assert torch.allclose(ways["with a sum"].do(), each.sum(), rtol=1e-12)


def test_the_blank_is_the_first_or_the_last_class():
    steps, labels = SCORES[:, None], torch.tensor([[1, 2]])
    lengths = torch.tensor([3]), torch.tensor([2])
    ways = found(functional.ctc_loss, steps, labels, *lengths)
    right = functional.ctc_loss(steps, labels, *lengths, blank=4)
    assert torch.equal(ways["with the last class as the blank"].do(), right)
    assert "with the first class as the blank" not in ways
    assert torch.equal(
        ways["with a sum"].do(), functional.ctc_loss(steps, labels, *lengths, reduction="sum")
    )
