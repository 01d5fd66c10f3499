"""A gated layer of Keras 3: `parity check keras3_gate.py`.

What such ports get wrong: hard_sigmoid is x / 6 + 1 / 2 in Keras 3 and PyTorch, but 0.2 x + 1 / 2
in Keras 2; LayerNorm's epsilon is 1e-3 in Keras; leaky_relu's slope is 0.2 in Keras and 0.01 in
PyTorch, and TensorFlow rounds it to float32 even in float64.
"""

import os

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from parity import layouts
from parity.inputs import generator
from parity.port import Built, Configuration, Given, InputSet, Options, Pair, Port, Side

SIZE, UNITS = 10, 6
SLOPE = float(np.float32(0.2))
WEIGHTS = (
    *layouts.layer_norm("norm", "norm", SIZE),
    *layouts.dense("value", "value", SIZE, UNITS),
    *layouts.dense("gate", "gate", SIZE, UNITS),
)


def build_reference(options: Options, dtype: str) -> Built:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras

    norm = keras.layers.LayerNormalization(dtype=dtype)
    value = keras.layers.Dense(UNITS, activation="leaky_relu", dtype=dtype)
    gate = keras.layers.Dense(UNITS, activation="hard_sigmoid", dtype=dtype)
    for layer in (norm, value, gate):
        layer.build((None, SIZE))

    def call(inputs):
        normed = norm(inputs["x"])
        return {"gated": value(normed) * gate(normed)}

    # `.value` is the TensorFlow variable within one of Keras 3.
    return Built(
        call,
        {
            "norm/gamma": norm.gamma.value,
            "norm/beta": norm.beta.value,
            "value/kernel": value.kernel.value,
            "value/bias": value.bias.value,
            "gate/kernel": gate.kernel.value,
            "gate/bias": gate.bias.value,
        },
    )


class Candidate(nn.Module):
    """The same in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(SIZE, eps=1e-3)
        self.value, self.gate = nn.Linear(SIZE, UNITS), nn.Linear(SIZE, UNITS)

    def opened(self, x: Tensor) -> Tensor:
        # Not functional.hardsigmoid: its gradient rounds 1/6 to float32, even in float64.
        return (x / 6 + 0.5).clamp(0, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        normed = self.norm(x)
        value = functional.leaky_relu(self.value(normed), SLOPE)
        return {"gated": value * self.opened(self.gate(normed))}


def load_inputs(source: str | None, seed: int, count: int) -> InputSet:
    """Draw rows of widely different sizes, so that gates are shut, open, and in between."""
    random = generator("rows", seed)
    x = random.standard_normal((count, SIZE)) * 10.0 ** random.uniform(-3, 1, (count, 1))
    return InputSet("drawn rows", {"x": x.astype("float32")})


def make_port(model: type[Candidate] = Candidate) -> Port:
    def build(options: Options, dtype: str) -> Built:
        made = model().to(getattr(torch, dtype)).eval()
        return Built(lambda inputs: made(**inputs), dict(made.named_parameters()))

    def inputs(given: Given):
        return given.inputs.arrays

    pair = Pair(
        "gate",
        Side("tensorflow", build_reference),
        Side("torch", build),
        (Configuration("default", {}),),
        inputs,
        weights=lambda options: WEIGHTS,
    )
    return Port("keras3_gate", (pair,), load_inputs)


port = make_port()
