"""Sides made of plain functions, and the check of a pair of them, with gradients."""

import numpy as np
import torch

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side


def torch_side(function, weights=()):
    def build(options, dtype):
        held = {
            w.name: torch.nn.Parameter(torch.zeros(w.shape, dtype=getattr(torch, dtype)))
            for w in weights
        }
        return Built(lambda given: {"y": function(**given, **held)}, held)

    return Side("torch", build)


def tensorflow_side(function, weights=()):
    def build(options, dtype):
        import tensorflow as tf

        held = {w.name: tf.Variable(np.zeros(w.shape, dtype)) for w in weights}
        return Built(lambda given: {"y": function(tf, **given, **held)}, held)

    return Side("tensorflow", build)


def check(reference, candidate, arrays, weights=(), live=None):
    pair = Pair(
        "layer",
        reference,
        candidate,
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        weights=lambda options: weights,
    )
    port = Port("port", (pair,), lambda source, seed, count: InputSet("drawn", arrays))
    checker = Checker(port, InputSet("drawn", arrays), Selection(gradients=True), live)
    return checker.run(pair, pair.configs[0], "isolated")


def drawn(*shape):
    return np.random.default_rng(4).normal(size=shape).astype("float32")


def failing(case):
    return [(o.name, str(o.verdict), o.reason) for o in case.outputs if not o.verdict.passes]
