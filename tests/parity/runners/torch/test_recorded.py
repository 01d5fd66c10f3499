"""Layers are recorded once, and pass on another output if one is given."""

import pytest
import torch
from torch import nn

from parity.errors import StructureError
from parity.runners.torch.recorded import recorder

X = torch.ones(2, 3)


def run(instead, strict, module=None, times=1):
    layer, calls = module or nn.Linear(3, 3), {}
    layer.register_forward_hook(recorder("layer", calls, instead, strict), with_kwargs=True)
    made = [layer(X) for _ in range(times)]
    return layer, calls, made


def test_the_first_call_is_recorded():
    _, calls, (first, _) = run(None, True, times=2)
    torch.testing.assert_close(calls["layer"].inputs[0], X)
    torch.testing.assert_close(calls["layer"].output, first)


def test_another_output_is_passed_on_and_the_own_one_recorded():
    other = torch.zeros(2, 3)
    layer, calls, (made,) = run(other, True)
    assert made is other
    torch.testing.assert_close(calls["layer"].output, layer.weight.sum(1) + layer.bias.expand(2, 3))


@pytest.mark.parametrize(("instead", "times"), [(torch.zeros(2, 4), 1), (torch.zeros(2, 3), 2)])
def test_what_cannot_be_passed_on(instead, times):
    with pytest.raises(StructureError, match="cannot return the reference's output"):
        run(instead, True, times=times)
    layer, _, made = run(instead, False, times=times)
    torch.testing.assert_close(made[-1], layer.weight.sum(1) + layer.bias.expand(2, 3))
