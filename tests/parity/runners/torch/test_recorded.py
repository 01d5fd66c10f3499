"""Layers are recorded once, and pass on another output if one is given."""

import pytest
import torch
from torch import nn

from parity.errors import StructureError
from parity.runners.torch.recorded import ends_in_others, passing_before_others, recorder

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


class Activating(nn.BatchNorm1d):
    """A normalization that also activates, as timm's; `drop` may come first."""

    def __init__(self, before=False):
        super().__init__(3)
        self.drop, self.act, self.before = nn.Identity(), nn.ReLU(inplace=True), before

    def forward(self, x):
        x = super().forward(self.drop(x) if self.before else x)
        return self.act(x if self.before else self.drop(x))


def test_layers_that_end_in_others_are_known():
    assert ends_in_others(Activating())
    assert not ends_in_others(nn.BatchNorm1d(3))
    assert not ends_in_others(nn.Sequential(nn.Linear(3, 3), nn.ReLU()))
    assert not ends_in_others(nn.TransformerEncoderLayer(4, 2))


@pytest.mark.parametrize("before", [False, True])
def test_a_layer_that_activates_passes_on_what_is_given_before_that(before):
    layer, calls, given = Activating(before).eval(), {}, -X
    given[0, 0] = 2
    expected = layer.bias - 0.1 * layer.weight
    with torch.no_grad(), passing_before_others("layer", layer, calls, given):
        first, second = layer(-X / 10), layer(-X)
    torch.testing.assert_close(first, given.clamp(min=0))
    assert (second == 0).all()
    assert given[0, 1] == -1
    torch.testing.assert_close(calls["layer"].inputs[0], -X / 10)
    torch.testing.assert_close(calls["layer"].output, expected.expand(2, 3), rtol=1e-4, atol=1e-4)
