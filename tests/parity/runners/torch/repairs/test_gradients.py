"""Repairs of the paths of gradients."""

import torch

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs


def test_a_detach_left_out_has_the_gradient_of_its_input():
    x = torch.arange(3.0).requires_grad_()
    ways = repairs(bind_call(torch.Tensor.detach, (x,), {})[1])
    (gradient,) = torch.autograd.grad(ways["left out"].do().square().sum(), x)
    assert torch.equal(gradient, 2 * x)
