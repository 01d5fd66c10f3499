"""Mistakes within modules, whose reference is made of Keras' layers."""

import numpy as np
import pytest
import tf_keras
import torch
from torch import nn

from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Pair, Port, Side
from parity.declaring.weight import Weight
from tests.parity.diagnosing.lining_up.operation_ports import drawn, lines
from tests.parity.diagnosing.small_ports import DEFAULT, diagnose_port

X = drawn(3, 4, 6)


def transposed(arrays):
    array = arrays[0] if isinstance(arrays, tuple) else arrays
    return array.T


WEIGHTS = (
    Weight("wide/kernel", (6, 8), ("wide.weight",), "transpose", lambda a: (a.T,), transposed),
    Weight("wide/bias", (8,), ("wide.bias",)),
    Weight("back/kernel", (8, 6), ("back.weight",), "transpose", lambda a: (a.T,), transposed),
    Weight("back/bias", (6,), ("back.bias",)),
    Weight("norm/gamma", (6,), ("norm.weight",)),
    Weight("norm/beta", (6,), ("norm.bias",)),
)


def keras_block(options, dtype):
    wide, back = (tf_keras.layers.Dense(size, dtype=dtype) for size in (8, 6))
    norm = tf_keras.layers.LayerNormalization(epsilon=1e-5, dtype=dtype)
    wide.build((None, 6))
    back.build((None, 8))
    norm.build((None, 4, 6))

    def call(given):
        x = given["x"]
        h = tf_keras.activations.swish(wide(norm(x)))
        return {"y": x + back(h)}

    held = {"wide/kernel": wide.kernel, "wide/bias": wide.bias, "back/kernel": back.kernel}
    held |= {"back/bias": back.bias, "norm/gamma": norm.gamma, "norm/beta": norm.beta}
    return Built(call, held)


class Block(nn.Module):
    """What is right."""

    def __init__(self):
        super().__init__()
        self.wide, self.back = nn.Linear(6, 8), nn.Linear(8, 6)
        self.norm = nn.LayerNorm(6)

    def forward(self, x):
        h = self.wide(self.norm(x))
        return x + self.back(nn.functional.silu(h))


class NormBehind(Block):
    def forward(self, x):
        h = nn.functional.silu(self.wide(x))
        return self.norm(x + self.back(h))


class NormOfAll(Block):
    def forward(self, x):
        spread = (x - x.mean()) / (x.var() + 1e-5).sqrt()
        h = self.wide(spread * self.norm.weight + self.norm.bias)
        return x + self.back(nn.functional.silu(h))


class OtherActivation(Block):
    def forward(self, x):
        h = self.wide(self.norm(x))
        h = h.clamp(min=-0.5) * torch.sigmoid(2 * h).square()
        return x + self.back(h)


def block_port(module):
    def build(options, dtype):
        made = module().to(getattr(torch, dtype))
        return Built(lambda given: {"y": made(**given)}, dict(made.named_parameters()))

    pair = Pair("block", Side("tensorflow", keras_block), Side("torch", build), DEFAULT,
                lambda given: given.inputs.arrays, lambda options: WEIGHTS)  # fmt: skip
    return Port("modules", (pair,), lambda *_: InputSet("given", {"x": X}))


def test_the_right_module_agrees():
    assert diagnose_port(block_port(Block)).intermediate is None


@pytest.mark.parametrize(
    ("module", "line"),
    [
        (NormBehind, "return self.norm(x + self.back(h))"),
        (NormOfAll, "h = self.wide(spread"),
        (OtherActivation, "h = h.clamp(min=-0.5) * torch"),
    ],
)
def test_a_mistake_is_found_in_its_line(module, line):
    found = diagnose_port(block_port(module))
    assert found.certain
    assert lines(found)[0].startswith(line)
    assert found.root_causes[0].error_left < 1e-12
    assert np.isfinite(found.error)
