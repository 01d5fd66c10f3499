"""Gradients: each planted difference is named, several at once, and an unknown one is not."""

import pytest

from tests.parity.train.torch_training import cause, plain, side


def clip_norm(weights, gradients):
    norm = float(sum((g**2).sum() for g in gradients.values()) ** 0.5)
    for gradient in gradients.values():
        gradient.mul_(min(1, 0.5 / (norm + 1e-6)))


def clip_value(weights, gradients):
    for gradient in gradients.values():
        gradient.clamp_(-0.1, 0.1)


def clip_each(weights, gradients):
    for gradient in gradients.values():
        gradient.mul_(min(1, 0.2 / float((gradient**2).sum() ** 0.5)))


def penalty(weights, gradients):
    for name, gradient in gradients.items():
        gradient.add_(0.05 * weights[name])


def zero(weights, gradients):
    next(iter(gradients.values())).zero_()


def double_one(weights, gradients):
    next(iter(gradients.values())).mul_(2)


def squared(weights, gradients):
    for gradient in gradients.values():
        gradient.mul_(gradient.abs())


PLANTED = {
    clip_norm: "the candidate clips its gradients, as they are read, to a global norm of 0.5 (1e-6",
    clip_value: "the candidate clips its gradients, as they are read, to values of up to 0.1, the",
    clip_each: "the candidate clips its gradients, as they are read, to a norm of 0.2 for each wei",
    penalty: "is the reference's plus 0.05 times the weight: an L2 penalty in the candidate",
    zero: "the candidate's gradient of first/kernel is zero at every step",
    double_one: "the candidate's gradient of first/kernel is 2 times the reference's (confirmed on",
    squared: "cause unknown of the difference in the gradient of first/kernel, first/bias, second",
}


@pytest.mark.parametrize("change", PLANTED, ids=lambda change: change.__name__)
def test_a_planted_change_is_named(change):
    found = cause(side(plain()), side(plain(), change=change))
    assert found.startswith("the loss agrees, but not the gradients: ")
    assert PLANTED[change] in found


def test_the_reference_may_be_the_one_that_clips():
    found = cause(side(plain(), change=clip_norm), side(plain()))
    assert "the reference clips its gradients, as they are read, to a global norm of 0.5" in found


def test_a_gradient_and_an_update_at_once():
    found = cause(side(plain(0.1)), side(plain(0.05), change=double_one))
    assert "gradient of first/kernel is 2 times the reference's" in found
    assert "; and the candidate's learning rate is 0.5 times the reference's" in found
