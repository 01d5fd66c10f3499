"""A port small enough to read at once: two layers in numpy on both sides.

Replace it with your own; `parity init reference.py:Model candidate.py:Model -o port.py` writes a
first one from two models.
"""

import numpy as np

import parity

FACTOR = np.linspace(-1.0, 1.0, 12).reshape(4, 3)


def mean(inputs):
    """Return the mean over the features."""
    return {"mean": inputs["x"].mean(-1)}


def dot(inputs):
    """Return a linear layer as a matrix product."""
    return {"linear": inputs["x"] @ FACTOR.astype(inputs["x"].dtype)}


def einsum(inputs):
    """Return the same linear layer as a sum over the features."""
    return {"linear": np.einsum("bi,io->bo", inputs["x"], FACTOR.astype(inputs["x"].dtype))}


def make_side(call):
    """Return a side that is a function of the inputs."""
    return parity.Side("numpy", lambda options, dtype: parity.Built(call))


def make_pair(layer, reference, candidate):
    """Return the pair of one layer, whose sides are functions of the inputs."""
    sides = make_side(reference), make_side(candidate)
    configs = (parity.Configuration("default", {}),)
    return parity.Pair(layer, *sides, configs, lambda given: given.inputs.arrays)


def load_inputs(source, seed, count):
    """Return random records; `source` is the user's --inputs."""
    x = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    return parity.InputSet("random rows", {"x": x})


pairs = (make_pair("mean", mean, mean), make_pair("linear", dot, einsum))
port = parity.Port("example", pairs, load_inputs)
