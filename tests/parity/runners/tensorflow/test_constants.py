"""TensorFlow's constants in float64, and right ports that differ by nothing else."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
import torch
from torch.nn import functional

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.constants import ConstantChanges
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.judging.verdict import Verdict
from parity.runners.tensorflow import track_constants

ROOT = math.sqrt(8)


def single(value):
    return float(np.float32(value))


def check(reference, candidate):
    """The case of a TensorFlow and a PyTorch function of one input, with gradients."""

    def side(framework, function):
        return Side(
            framework, lambda options, dtype: Built(lambda inputs: {"y": function(inputs["x"])})
        )

    pair = Pair(
        "layer",
        side("tensorflow", reference),
        side("torch", candidate),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
    )
    x = np.random.default_rng(1).normal(size=(6, 8)).astype("float32") * 2
    inputs = InputSet("drawn", {"x": x})
    port = Port("port", (pair,), lambda source, seed, count: inputs)
    checker = Checker(port, inputs, Selection(gradients=True))
    return checker.run(pair, pair.configs[0], "isolated")


@tf.function
def traced(x):
    return x / tf.cast(ROOT, x.dtype)


def table(x):
    angle = tf.range(8, dtype=tf.float32) * tf.exp(-tf.math.log(7.0) * tf.linspace(0.0, 1.0, 8))
    return x + tf.cast(tf.sin(angle), x.dtype)


def exact_table(x, wrong=1.0):
    angle = np.arange(8) * np.exp(-math.log(7) * np.linspace(0, 1, 8))
    values = np.sin(angle)
    values[5] *= wrong
    return x + torch.from_numpy(values).to(x.dtype)


def numpy_table(x):
    return x + tf.cast(tf.constant(np.cos(np.arange(8) / 3), tf.float32), x.dtype)


def huber(x):
    losses = tf_keras.losses.Huber(delta=0.1, reduction="none")
    return losses(tf.zeros_like(x)[..., None], x[..., None])


class Scaled(tf.Module):
    """A float32 variable that nothing assigns: a constant."""

    def __init__(self):
        super().__init__()
        self.scale = tf.Variable(0.3)

    def __call__(self, x):
        return x * tf.cast(self.scale, x.dtype)


RIGHT = {
    "cast": (lambda x: x / tf.cast(ROOT, x.dtype), lambda x: x / ROOT, repr(ROOT)),
    "tf.function": (traced, lambda x: x / ROOT, repr(ROOT)),
    "gelu": (keras.activations.gelu, functional.gelu, repr(math.sqrt(0.5))),
    "gelu by tanh": (
        lambda x: tf_keras.activations.gelu(x, approximate=True),
        lambda x: functional.gelu(x, approximate="tanh"),
        "0.044715",
    ),
    "leaky_relu": (
        lambda x: keras.activations.leaky_relu(x, 0.2),
        lambda x: functional.leaky_relu(x, 0.2),
        "0.2",
    ),
    "huber": (
        huber,
        lambda x: functional.huber_loss(x, torch.zeros_like(x), delta=0.1, reduction="none"),
        "0.1",
    ),
    "literal": (
        lambda x: tf.math.l2_normalize(x * 1e-2, -1, epsilon=0.0010000000474974513),
        lambda x: x * 1e-2 / (x * 1e-2).pow(2).sum(-1, keepdim=True).clamp(min=1e-3).sqrt(),
        "0.001",
    ),
    "table": (table, exact_table, "table of 8"),
    "numpy table": (
        numpy_table,
        lambda x: x + torch.from_numpy(np.cos(np.arange(8) / 3)).to(x.dtype),
        "table of 8",
    ),
    "variable": (lambda x: Scaled()(x), lambda x: x * 0.3, "0.3"),
    "threshold": (
        lambda x: tf.math.softplus(x * 30),
        lambda x: functional.softplus(x * 30),
        "threshold 20",
    ),
    "several": (
        lambda x: keras.activations.gelu(tf.nn.leaky_relu(x, 0.3) * single(0.1)),
        lambda x: functional.gelu(functional.leaky_relu(x, 0.3) * 0.1),
        "0.1",
    ),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_port_is_equivalent_and_the_constant_named(kind):
    reference, candidate, value = RIGHT[kind]
    case = check(reference, candidate)
    assert case.verdict is Verdict.EQUIVALENT, case.outputs
    assert case.constants is not None
    assert value in [each.constant.value for each in case.constants.named]


WRONG = {
    "cast": (RIGHT["cast"][0], lambda x: x / (ROOT * (1 + 1e-7))),
    "table": (table, lambda x: exact_table(x, 1 + 2e-7)),
    "epsilon": (
        RIGHT["literal"][0],
        lambda x: x * 1e-2 / (x * 1e-2).pow(2).sum(-1, keepdim=True).clamp(min=1.001e-3).sqrt(),
    ),
    "slope": (RIGHT["leaky_relu"][0], lambda x: functional.leaky_relu(x, 0.2 * (1 + 1e-7))),
    "beta": (RIGHT["threshold"][0], lambda x: functional.softplus(x * 30, 1 + 1e-6)),
    "threshold": (RIGHT["threshold"][0], lambda x: functional.softplus(x * 30, 1, 5)),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_port_stays_different(kind):
    assert check(*WRONG[kind]).verdict is Verdict.DIFFERENT


def test_a_number_computed_from_data_is_no_constant():
    case = check(
        lambda x: x * tf.cast(float(np.float32(np.mean(x) / 3)), x.dtype),
        lambda x: x * (x.detach().double().mean() / 3).to(x.dtype),
    )
    assert case.verdict is Verdict.DIFFERENT


def run(function, state):
    changes = ConstantChanges(state)
    with track_constants(changes) as tracker:
        with tracker.given():
            x = tf.constant(np.linspace(-2, 2, 9))
        found = function(x)
    return found.numpy(), changes.found


def test_constants_are_rounded_once_where_they_meet_data():
    x = np.linspace(-2, 2, 9)
    for function, wanted in (
        (lambda x: x * 0.1, x * single(0.1)),
        (lambda x: x * tf.cast(0.1, x.dtype), x * single(0.1)),
        (lambda x: x / tf.sqrt(tf.cast(tf.shape(x)[0] + 1, x.dtype)), x / single(math.sqrt(10))),
        (lambda x: x * 0.5, x * 0.5),
    ):
        assert np.abs(run(function, "rounded")[0] - wanted).max() < 1e-15


def test_data_are_never_changed():
    weight = tf.Variable(np.arange(9) / 7)

    def function(x):
        inner = tf.nn.softmax(x / 3.0) * weight
        held = tf.Variable(tf.zeros(9, tf.float64))
        held.assign(inner)
        return tf.sqrt(held) + tf.cast(tf.cast(x, tf.float32), tf.float64)

    x = tf.constant(np.linspace(-2, 2, 9))
    for state in ("exact", "rounded"):
        found, changed = run(function, state)
        assert np.array_equal(found, function(x).numpy())
        assert not changed


def test_everything_is_put_back():
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.eager import execute

    before = pywrap_tfe.TFE_Py_FastPathExecute, execute.execute

    def fail():
        with track_constants(ConstantChanges("exact")):
            assert pywrap_tfe.TFE_Py_FastPathExecute is not before[0]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (pywrap_tfe.TFE_Py_FastPathExecute, execute.execute) == before
    assert not tf.config.functions_run_eagerly()
