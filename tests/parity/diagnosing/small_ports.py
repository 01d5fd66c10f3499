"""Ports of one pair, small enough to be diagnosed at once."""

from contextlib import nullcontext

import numpy as np

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import KnownBug, PatchedCode
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.diagnosing.diagnose import diagnose
from parity.known_bugs.planting import plant

DEFAULT = (Configuration("default", {}),)


def numpy_side(function):
    """A side that calls a function with the options, and the inputs by name."""
    return Side("numpy", lambda options, dtype: Built(lambda given: function(options, **given)))


def torch_side(function):
    return Side("torch", lambda options, dtype: Built(lambda given: {"y": function(**given)}))


def make_port(reference, candidate, inputs, configs=DEFAULT, **fields):
    pair = Pair("layer", reference, candidate, configs, lambda given: given.inputs.arrays)
    return Port("small", (pair,), lambda *_: InputSet("given", inputs), **fields)


def make_task(port, gradients=False):
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection(gradients=gradients))
    return checker.task(port.pairs[0], port.pairs[0].configs[0])


def diagnose_port(port, gradients=False, cache=None, bug=None, budget=None):
    """The diagnosis of the first configuration, with a bug planted or of the port as it is."""
    pair = port.pairs[0]
    failing = plant(pair, bug) if bug else pair
    task = make_task(port, gradients)
    return diagnose(port, failing, pair.configs[0], task, cache, budget=budget)


def names(diagnosis):
    return [cause.name for cause in diagnosis.root_causes]


def drawn(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def squared_unless(refused):
    """A candidate that squares numbers, and raises if any of them is `refused`."""

    def candidate(options, x):
        if refused(x).any():
            raise ValueError("not such numbers")
        return {"y": x**2}

    return candidate


def joined(x):
    return x.unflatten(1, (2, 3)).amax(1).exp()


def apart(x):
    """The same with two numbers of its one statement changed."""
    return x.unflatten(1, (3, 2)).amax(2).exp()


SQUARED = numpy_side(lambda options, x: {"y": x**2})
LARGE = np.array([0.5, 1, 3, 7], np.float32)
REFUSED = KnownBug(
    17,
    "numbers above 2 refused",
    "x",
    PatchedCode(nullcontext, without_refused=lambda a: {"x": a["x"].clip(max=2)}),
    layer="layer",
)
