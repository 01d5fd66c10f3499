"""Pairs of one layer each that does something else in training: Keras against PyTorch."""

import numpy as np
import torch

from parity import layouts
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.checking.training_cases import TrainingCases
from parity.declaring.inputs import InputSet, generator
from parity.declaring.port import Built, Configuration, Pair, Port, Side

SIZE = 5
IMAGE = (6, 4, 3, SIZE)
ROWS = (9, SIZE)


def keras_side(layer, shape=ROWS, call=None):
    """A side of Keras 2: `layer(layers, dtype)` makes it, `call(layer, x)` calls it."""

    def build(options, dtype):
        from tf_keras import layers

        made = layer(layers, dtype)
        made.build((None, *shape[1:]))
        weights = {f"norm/{w.name.split('/')[-1].split(':')[0]}": w for w in made.weights}
        called = call or (lambda layer, x: layer(x))
        return Built(lambda inputs: {"y": called(made, inputs["x"])}, weights)

    return Side("tensorflow", build)


def torch_side(module, weighted=False, last=False):
    """A side of PyTorch: `module()` makes it; with `last`, its channels are the second axis."""

    def build(options, dtype):
        made = module().to(getattr(torch, dtype)).eval()
        held = {f"norm.{k}": v for k, v in made.state_dict(keep_vars=True).items()}
        held = {k: v for k, v in held.items() if v.is_floating_point()} if weighted else {}

        def call(inputs):
            x = inputs["x"]
            return {"y": made(x.movedim(-1, 1)).movedim(1, -1) if last else made(x)}

        return Built(call, held)

    return Side("torch", build)


def make_port(reference, candidate, shape=ROWS, weighted=False, **fields):
    drawn = generator("x", 1).standard_normal(shape).astype(np.float32)
    pair = Pair(
        "layer",
        reference,
        candidate,
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        weights=lambda options: layouts.batch_norm("norm", "norm", SIZE) if weighted else (),
        **fields,
    )
    return Port("small", (pair,), lambda *_: InputSet("drawn", {"x": drawn}))


def in_training(port, gradients=True, training=True):
    """The result of the only pair in training mode, after that in evaluation."""
    checker = Checker(
        port,
        port.load_inputs(None, 1, 9),
        Selection(modes=("isolated",), gradients=gradients, training=training),
    )
    (pair,) = port.pairs
    evaluated = checker.run(pair, pair.configs[0], "isolated")
    assert evaluated.verdict.passes, evaluated
    return TrainingCases(checker).run(pair, pair.configs[0]), checker


class OwnNorm(torch.nn.Module):
    """BatchNorm of rows, written out, with Keras' defaults; each part can be got wrong."""

    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, keeps=0.99, biased=True, updates=True):
        super().__init__()
        self.keeps, self.biased, self.updates = keeps, biased, updates
        self.weight = torch.nn.Parameter(torch.ones(SIZE))
        self.bias = torch.nn.Parameter(torch.zeros(SIZE))
        self.register_buffer("running_mean", torch.zeros(SIZE))
        self.register_buffer("running_var", torch.ones(SIZE))

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            axes = tuple(range(x.ndim - 1))
            mean, var = x.mean(axes), x.var(axes, unbiased=False)
            kept = x.var(axes, unbiased=not self.biased)
            if self.updates:
                with torch.no_grad():
                    self.running_mean.lerp_(mean, 1 - self.keeps)
                    self.running_var.lerp_(kept, 1 - self.keeps)
        return (x - mean) / torch.sqrt(var + 1e-3) * self.weight + self.bias


class Frozen(OwnNorm):
    """A norm that stays in evaluation when it is trained."""

    def train(self, mode=True):
        return super().train(False)


def keras_norm(layers, dtype):
    return layers.BatchNormalization(dtype=dtype)


def dropout(rate=0.3, noise=None):
    return lambda layers, dtype: layers.Dropout(rate, noise_shape=noise, dtype=dtype)
