"""A layer that is made and never called is named, with where to call it."""

import pytest
import torch
from torch import nn

from parity import Built, Configuration, InputSet, Pair, Port, Side, Weight
from tests.parity.diagnosing.small_ports import diagnose_port, drawn, names

X = drawn(4, 6)
NAMES = ("first.weight", "first.bias", "second.weight", "second.bias")
WEIGHTS = tuple(Weight(name, (6, 6) if "weight" in name else (6,), (name,)) for name in NAMES)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.second = nn.Linear(6, 6)


class Right(Block):
    def forward(self, x):
        filtered = self.first(x)
        gate = self.second(x)
        return torch.tanh(filtered) * torch.sigmoid(gate)


class SameTwice(Block):
    def forward(self, x):
        filtered = self.first(x)
        gate = filtered
        return torch.tanh(filtered) * torch.sigmoid(gate)


class Chained(Block):
    def forward(self, x):
        return torch.tanh(self.second(self.first(x)))


class Shortened(Block):
    def forward(self, x):
        return torch.tanh(self.first(x))


class Unhelpful(Block):
    def forward(self, x):
        return torch.tanh(self.first(x)).cumsum(0)


def side(model):
    def build(options, dtype):
        net = model().to(getattr(torch, dtype))
        return Built(lambda given: {"y": net(given["x"])}, dict(net.named_parameters()))

    return Side("torch", build)


def port_of(right, wrong):
    pair = Pair(
        "layer",
        side(right),
        side(wrong),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        lambda options: WEIGHTS,
    )
    return Port("small", (pair,), lambda *_: InputSet("given", {"x": X}))


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        (Right, SameTwice, "sigmoid with self.second(x) in place of its input"),
        (Chained, Shortened, "linear followed by self.second"),
    ],
)
def test_a_forgotten_layer(right, wrong, expected):
    diagnosis = diagnose_port(port_of(right, wrong))
    assert any(name.startswith(expected) for name in names(diagnosis)), names(diagnosis)


def test_another_mistake_is_not_taken_for_it():
    assert not any("self." in name for name in names(diagnose_port(port_of(Chained, Unhelpful))))
