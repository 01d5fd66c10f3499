"""Calls of a candidate's step that do something else: named, and confirmed at other steps."""

import torch

from tests.parity.train.torch_training import cause, plain, side


def cube(error):
    return error.abs() ** 3


def absolute(error):
    return torch.abs(error)


def weighted(error):
    return torch.square(error) * torch.exp(error)


def detached(error):
    return torch.square(error) * torch.exp(error.detach())


def test_another_loss_is_named_where_it_is_written():
    found = cause(side(plain()), side(plain(), error_of=absolute), steps=2, search=60)
    assert found.startswith("should be: abs as square")
    assert "(confirmed on steps 1 to 4)" in found
    assert "test_call_causes.py:" in found


def test_a_gradient_that_does_not_flow():
    found = cause(
        side(plain(), error_of=weighted), side(plain(), error_of=detached), steps=2, search=60
    )
    assert found.startswith("the loss agrees, but not the gradients: should be: detach left out")


def test_an_update_written_by_hand():
    def root(state, weights, gradients, step):
        for name, weight in weights.items():
            weight -= 0.0625 * torch.tanh(gradients[name]) * weight

    def wrong(state, weights, gradients, step):
        for name, weight in weights.items():
            weight -= 0.0625 * torch.sigmoid(gradients[name]) * weight

    found = cause(side(root), side(wrong), steps=2, search=60)
    assert "should be: sigmoid as tanh" in found


def test_what_no_call_explains_stays_unknown():
    found = cause(side(plain(), error_of=cube), side(plain(), error_of=wave), steps=2, search=1)
    assert found.startswith("cause unknown of the difference in the loss (tried: a factor;")
    assert "other calls in place of the candidate's" in found


def wave(error):
    return torch.sin(3 * error) + torch.cos(error) ** 2


def test_without_time_no_call_is_tried():
    found = cause(side(plain()), side(plain(), error_of=absolute), steps=2)
    assert "other calls" not in found
    assert found.startswith("cause unknown of the difference in the loss")
