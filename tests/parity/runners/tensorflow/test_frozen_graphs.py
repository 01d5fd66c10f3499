"""Frozen graphs are run in both dtypes, with their weights as variables and layers of their own."""

import numpy as np
import pytest
import tensorflow as tf

from parity.declaring.model_sides import Layer
from parity.errors import SideFailedError
from parity.runners.tensorflow.frozen_graphs import load_frozen_graph
from parity.runners.tensorflow.models import Model, input_specs
from tests.parity.runners.tensorflow.frozen import (
    freeze,
    net,
    v1,
    variable,
    with_a_phase,
    with_a_scope_within,
)

X = np.random.default_rng(1).normal(size=(2, 6, 6, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    freeze(folder / "net.pb", net, ["probability"])
    freeze(folder / "phase.pb", with_a_phase, ["y"])
    return folder


def original(path, inputs, output):
    """Run the graph as a program of TensorFlow 1 does."""
    graph = tf.Graph()
    definition = v1.GraphDef.FromString(path.read_bytes())
    with graph.as_default(), v1.Session(graph=graph) as session:
        tf.graph_util.import_graph_def(definition, name="")
        return session.run(output, {f"{name}:0": array for name, array in inputs.items()})


def test_layers_are_found_by_their_operations(folder):
    model = Model("net.pb", folder, "float32", {"image": X})
    assert [(layer.path, layer.kind, sorted(layer.variables)) for layer in model.layers] == [
        ("conv", "Conv2D", ["conv/bias", "conv/kernel"]),
        (
            "norm",
            "BatchNormalization",
            ["norm/beta", "norm/gamma", "norm/moving_mean", "norm/moving_variance"],
        ),
        ("out_w", "Dense", ["out_w/bias", "out_w/kernel"]),
    ]
    trained = [w.name for layer in model.layers for w in layer.weights if not w.trainable]
    assert trained == ["norm/moving_mean", "norm/moving_variance"]


def test_a_layer_is_no_part_of_one_whose_scope_it_lies_in(tmp_path):
    freeze(tmp_path / "net.pb", with_a_scope_within, ["y"])
    x = np.ones((2, 4), np.float32)
    model = Model("net.pb", tmp_path, "float64", {"x": x})
    assert {layer.path: layer.kind for layer in model.layers} == {
        "fc/weights": "Dense",
        "fc/BatchNorm": "BatchNormalization",
    }
    expected = original(tmp_path / "net.pb", {"x": x}, "y:0")
    np.testing.assert_allclose(model.run({}, {"x": x}, ())["output"], expected, rtol=1e-5)


def test_both_dtypes_compute_what_a_session_does(folder):
    expected = original(folder / "net.pb", {"image": X}, "probability:0")
    for dtype, close in (("float32", 1e-6), ("float64", 1e-5)):
        model = Model("net.pb", folder, dtype, {"image": X})
        found = model.run({}, {"image": X}, ())["output"]
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=close, atol=1e-7)


def test_a_layer_alone_returns_what_it_does_in_place(folder):
    model = Model("net.pb", folder, "float64", {"image": X})
    described = {layer.path: layer for layer in model.describe({"image": X}).layers}
    assert described["conv"].inputs == ((2, 6, 6, 2),)
    for path in described:
        layer = Layer(path, path)
        whole = model.run({}, {"image": X}, [layer])
        alone = model.run_layer(layer, {}, whole[f"{path}/input"])
        np.testing.assert_array_equal(alone[path], whole[path])


def test_other_weights_change_the_outputs_and_have_gradients(folder):
    module = load_frozen_graph(folder / "net.pb", "float64")
    with tf.GradientTape() as tape:
        y: tf.Tensor = module(tf.constant(X, tf.float64))
        total = tf.reduce_sum(y * y)
    gradients = tape.gradient(total, module.trainable_variables)
    assert all(float(tf.reduce_max(abs(g))) > 0 for g in gradients)
    for held in module.variables:
        held.assign(tf.zeros_like(held))
    flat: tf.Tensor = module(tf.constant(X, tf.float64))
    np.testing.assert_allclose(flat, 1 / 3)


def test_a_phase_is_no_input(folder):
    assert input_specs("phase.pb", folder) == {"x": ((None, 4), "float32")}
    x = np.ones((2, 4), np.float32)
    model = Model("phase.pb", folder, "float32", {"x": x})
    (layer,) = model.layers
    assert (layer.path, sorted(layer.variables)) == ("scaled", ["scaled/center", "scaled/scale"])
    expected = original(folder / "phase.pb", {"x": x, "phase_train": False}, "y:0")
    np.testing.assert_allclose(model.run({}, {"x": x}, ())["output"], expected, rtol=1e-6)


def test_an_operation_without_float64_leaves_float32(tmp_path):
    def build():
        x = v1.placeholder(tf.float32, (None, 6, 6, 2), name="x")
        tf.nn.local_response_normalization(x * variable("w", 2), name="y")

    freeze(tmp_path / "net.pb", build, ["y"])
    load_frozen_graph(tmp_path / "net.pb", "float32")
    with pytest.raises(SideFailedError, match=r"net.pb cannot be imported in float64"):
        load_frozen_graph(tmp_path / "net.pb", "float64")
