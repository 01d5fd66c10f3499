"""A port of plain numpy functions: softmax as a formula, and stabilised by its maximum."""

import numpy as np

from parity import Built, Configuration, InputSet, Pair, Port, Side
from parity.inputs import generator


def reference(x):
    exponentials = np.exp(x)
    return {"probabilities": exponentials / exponentials.sum(-1, keepdims=True)}


def candidate(x):
    exponentials = np.exp(x - x.max(-1, keepdims=True))
    return {"probabilities": exponentials / exponentials.sum(-1, keepdims=True)}


def load_inputs(source, seed, count):
    x = generator("x", seed).standard_normal((count, 3, 5)).astype("float32")
    return InputSet("drawn", {"x": x})


def make_port(candidate):
    def side(function):
        return Side("numpy", lambda options, dtype: Built(lambda given: function(**given)))

    pair = Pair(
        "softmax",
        side(reference),
        side(candidate),
        configs=(Configuration("default", {}),),
        inputs=lambda given: given.inputs.arrays,
    )
    return Port("softmax", (pair,), load_inputs)


port = make_port(candidate)
