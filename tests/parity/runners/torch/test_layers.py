"""The weighted layers of a torch module, and those made of several."""

import pytest
import torch
from torch import nn

from parity.declaring.shared_models import same_state
from parity.runners.torch.layers import (
    composite_layers,
    is_plain,
    layer_state,
    modules,
    weighted_layers,
)
from parity.runners.whole_models import LayerCall


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 4, 2, bidirectional=True)
        self.block = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.LayerNorm(3))
        self.attention = nn.MultiheadAttention(4, 2)


class OwnLinear(nn.Linear):
    pass


def described(net, calls=()):
    weights = net.state_dict(keep_vars=True)
    return weighted_layers(net, weights, dict(calls)), composite_layers(net, weights, {})


def test_directions_and_depths_of_a_recurrent_module_are_layers_of_their_own():
    layers, _ = described(Net())
    names = [layer.name for layer in layers if layer.path == "rnn"]
    assert names == ["rnn (l0)", "rnn (l0_reverse)", "rnn (l1)", "rnn (l1_reverse)"]
    assert {len(layer.weights) for layer in layers if layer.path == "rnn"} == {4}


def test_an_attention_is_one_layer_with_all_its_weights():
    layers, composites = described(Net())
    (attention,) = (layer for layer in layers if layer.path == "attention")
    assert "attention.out_proj.weight" in [weight.name for weight in attention.weights]
    assert "attention.out_proj" not in [path for path, _ in modules(Net())]
    assert [layer.path for layer in composites] == ["block", "rnn"]


def test_layers_come_in_the_order_of_their_calls():
    x = torch.zeros(2, 3)
    called = {"block.2": LayerCall([x], x), "block.0": LayerCall([x, x], x)}
    layers, _ = described(Net(), called)
    assert [layer.path for layer in layers[:2]] == ["block.2", "block.0"]
    assert layers[0].inputs == ((2, 3),)
    assert layers[1].inputs == ((2, 3), (2, 3))
    assert layers[2].output is None


def test_the_kind_of_a_derived_class_is_torchs_own():
    (layer,) = weighted_layers(own := OwnLinear(2, 2), own.state_dict(keep_vars=True), {})
    assert (layer.path, layer.kind, layer.settings["in_features"]) == ("", "Linear", 2)


class Keeping(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.linear, self.norm, self.kind = nn.Linear(3, 3), nn.BatchNorm1d(3), kind
        self.register_buffer("seen", torch.zeros(1))
        self.before = []

    def forward(self, x):
        if self.kind == "buffer":
            self.get_buffer("seen").add_(1)
        if self.kind == "list":
            self.before.append(x)
        if self.kind == "attribute":
            self.last = x
        return self.norm(self.linear(x))


@pytest.mark.parametrize("kind", ["", "buffer", "list", "attribute"])
def test_what_a_layer_keeps_from_a_call_changes_its_state(kind):
    net = Keeping(kind).eval()
    weights = [value for key, value in net.state_dict(keep_vars=True).items() if key != "seen"]
    before = layer_state(net, weights, ())
    with torch.no_grad():
        net.linear.weight.copy_(torch.ones(3, 3))
    net(torch.ones(2, 3))
    assert same_state(before, layer_state(net, weights, ())) == (kind == "")


def test_a_layer_with_a_number_or_code_of_its_own_is_not_plain():
    def plain(layer):
        return is_plain(layer, layer.parameters())

    assert plain(nn.Sequential(nn.Linear(3, 3), nn.GELU()))
    assert not plain(nn.BatchNorm1d(3))  # its statistics are buffers
    norm = nn.BatchNorm1d(3)
    assert is_plain(norm, norm.state_dict(keep_vars=True).values())
    assert not plain(OwnLinear(3, 3))
    scaled = nn.Linear(3, 3)
    scaled.scale = torch.ones(3) / 7
    assert not plain(scaled)
