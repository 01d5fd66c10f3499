"""Whole models of Keras and TensorFlow: how they are called, and what is seen of their layers."""

import numpy as np
import pytest

from parity.declaring.model_sides import Layer
from parity.errors import ParityError, StructureError
from parity.runners.tensorflow.models import Model, argument_names, input_specs

SOURCE = """
import tensorflow as tf
from tf_keras import Input, Model, Sequential, layers

def functional():
    a, b = Input((3,), name="a"), Input((2,), name="b")
    hidden = layers.Dense(4, "tanh", name="hidden")(layers.Concatenate()([a, b]))
    return Model([a, b], {"y": layers.Dense(1, name="last")(hidden)})

class Net(Model):
    def __init__(self):
        super().__init__()
        self.last = layers.Dense(1, name="last")
        self.first = layers.Dense(4, "relu", name="first")

    def call(self, x, training=False):
        return self.last(self.first(x)) + (1000.0 if training else 0.0)

class Scale(tf.Module):
    def __init__(self, dtype):
        super().__init__()
        self.factor = tf.Variable(tf.cast(2, dtype))

    def __call__(self, left, right):
        return left * self.factor - right

class Single(tf.Module):
    def __init__(self):
        super().__init__()
        self.factor = tf.Variable(2.0)

    def __call__(self, x):
        return x * tf.cast(self.factor, x.dtype)

ready = Sequential([layers.Dense(2)])
number = 3
def text(): return "text"
"""
X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
BOTH = {"a": X, "b": X[:, :2]}
FIRST, LAST = Layer("first", "f"), Layer("last", "l")


@pytest.fixture
def make(tmp_path):
    (tmp_path / "net.py").write_text(SOURCE)

    def made(name="Net", dtype="float64", **inputs):
        return Model(f"net.py:{name}", tmp_path, dtype, inputs or {"x": X})

    return made


def test_layers_are_described_in_the_order_of_their_calls(make):
    found = make().describe({"x": X})
    assert [(layer.path, layer.kind) for layer in found.layers] == [
        ("first", "Dense"),
        ("last", "Dense"),
    ]
    assert found.layers[0].inputs == ((4, 3),)
    assert found.layers[0].output == (4, 4)
    assert found.outputs == {"output": (4, 1)}
    assert [weight.name for weight in found.weights][:2] == ["first/kernel", "first/bias"]


def test_a_model_runs_under_weights_without_dropout_or_training(make):
    model = make()
    random = np.random.default_rng(0)
    weights = {name: random.normal(size=tuple(v.shape)) for name, v in model.weights.items()}
    found = model.run(weights, {"x": X}, (FIRST, LAST))
    before = X.astype(np.float64) @ weights["first/kernel"] + weights["first/bias"]
    # The value before the activation, which a Linear has.
    assert found["first"] == pytest.approx(before)
    assert found["last/input"] == pytest.approx(np.maximum(before, 0))
    expected = np.maximum(before, 0) @ weights["last/kernel"] + weights["last/bias"]
    assert found["output"] == pytest.approx(expected)
    assert {value.dtype.name for value in found.values()} == {"float64"}
    alone = model.run_layer(FIRST, weights, X.astype(np.float64))
    assert alone["first"] == pytest.approx(before)


def test_afterwards_layers_are_as_they_were(make):
    model = make()
    first = next(layer.layer for layer in model.layers if layer.path == "first")
    before = dict(vars(first))
    model.describe({"x": X})
    assert vars(first)["activation"] is before["activation"]
    assert vars(first).get("call") is before.get("call")


def test_a_layer_that_is_not_there_is_named(make):
    with pytest.raises(StructureError, match="the reference has no layer 'third'"):
        make().alone(Layer("third", "t"))


def test_several_inputs_are_passed_by_declaration_or_by_parameter(make):
    functional = make("functional", **BOTH)
    assert functional.describe(BOTH).outputs == {"output/y": (4, 1)}
    scale = make("Scale", left=X, right=X)
    assert scale.run({"factor": np.array(3.0)}, {"left": X, "right": X}, ())["output"] == (
        pytest.approx(2 * X.astype(np.float64))
    )


def test_a_ready_model_of_a_file_is_built_anew_in_the_dtype(make):
    one, other = make("ready", "float64"), make("ready", "float32")
    assert {v.dtype.name for v in one.weights.values()} == {"float64"}
    assert {v.dtype.name for v in other.weights.values()} == {"float32"}


@pytest.mark.parametrize(
    ("name", "inputs", "said"),
    [
        ("number", {}, "net.py:number is neither a model of Keras or TensorFlow nor a function"),
        ("text", {}, "net.py:text returns str; expected a model or layer"),
        ("Single", {}, "has the weight 'factor' in float32, but float64 was requested"),
        ("functional", {"a": X, "b": X}, "cannot be called on a .4, 3. float64, b .4, 3. float64"),
    ],
)
def test_what_is_no_model_or_cannot_be_called_says_why(make, name, inputs, said):
    with pytest.raises(ParityError, match=said):
        make(name, **inputs)


@pytest.mark.parametrize(
    ("name", "specs"),
    [
        ("functional", {"a": ((None, 3), "float32"), "b": ((None, 2), "float32")}),
        ("Net", {}),
        ("Single", {}),
    ],
)
def test_shapes_of_declared_inputs(make, tmp_path, name, specs):
    assert input_specs(f"net.py:{name}", tmp_path) == specs


@pytest.mark.parametrize(
    ("name", "count", "names"),
    [
        ("Net", 1, ["x"]),
        ("Net", 2, ["x0", "x1"]),
        ("functional", 2, ["a", "b"]),
        ("Single", 1, ["x"]),
    ],
)
def test_names_of_arguments_if_their_number_fits(make, tmp_path, name, count, names):
    assert argument_names(f"net.py:{name}", tmp_path, count) == names
