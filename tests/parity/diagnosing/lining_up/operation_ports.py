"""Ports from TensorFlow to PyTorch of one function each, with weights of the same layout."""

import linecache
from pathlib import Path

import numpy as np
import torch

from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Pair, Port, Side
from parity.declaring.scripts import execute
from parity.declaring.weight import Weight
from parity.runners.tensorflow import tf
from tests.parity.diagnosing.small_ports import DEFAULT, make_task


def tensorflow_side(function, **shapes):
    """A side that calls a function with the inputs and weights by name."""

    def build(options, dtype):
        held = {name: tf.Variable(tf.zeros(shape, dtype)) for name, shape in shapes.items()}
        return Built(lambda given: {"y": function(**given, **held)}, held)

    return Side("tensorflow", build)


def torch_side(function, **shapes):
    """A side that calls a function, or the function `layer` of a file, in the same way."""

    def build(options, dtype):
        called = execute(function, "model").layer if isinstance(function, Path) else function
        held = {
            name: torch.nn.Parameter(torch.zeros(shape, dtype=getattr(torch, dtype)))
            for name, shape in shapes.items()
        }
        return Built(lambda given: {"y": called(**given, **held)}, held)

    return Side("torch", build)


def ported(right, wrong, inputs, **shapes):
    """A port whose candidate computes what `wrong` says."""
    pair = Pair(
        "layer",
        tensorflow_side(right, **shapes),
        torch_side(wrong, **shapes),
        DEFAULT,
        lambda given: given.inputs.arrays,
        lambda options: tuple(Weight(name, shape, (name,)) for name, shape in shapes.items()),
    )
    return Port("small", (pair,), lambda *_: InputSet("given", inputs))


def pair_and_task(right, wrong, inputs, **shapes):
    port = ported(right, wrong, inputs, **shapes)
    return port.pairs[0], make_task(port)


def lines(diagnosis):
    """The candidate's lines that the only cause is in."""
    (cause,) = diagnosis.root_causes
    places = [written.called for written in cause.written]
    return [linecache.getline(place.file, place.line).strip() for place in places]


def drawn(*shape, seed=1, low=-2.0, high=2.0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)
