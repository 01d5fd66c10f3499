"""SavedModels are run by their signature, with their variables as weights."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from parity.errors import InputError, SideFailedError
from parity.runners.tensorflow.models import Model
from parity.runners.tensorflow.saved_models import load_saved_model

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        with tf.name_scope("last"):
            self.kernel = tf.Variable(tf.ones((3, 2)), name="kernel")
            self.bias = tf.Variable([0.5, -0.5], name="bias")
        self.unused = tf.Variable(3.0, name="unused")

    @tf.function(input_signature=[tf.TensorSpec((None, 3), name="x")])
    def single(self, x):
        return {"y": tf.matmul(x, self.kernel) + self.bias}

    @tf.function(input_signature=[tf.TensorSpec((None, 3), name="b"), tf.TensorSpec((), name="a")])
    def double(self, b, a):
        return {"sum": tf.matmul(b, self.kernel) + a, "difference": tf.matmul(b, self.kernel) - a}


@pytest.fixture
def save(tmp_path):
    def saved(**signatures):
        net = Net()
        chosen = {name: getattr(net, method) for name, method in signatures.items()}
        tf.saved_model.save(net, str(tmp_path / "saved"), signatures=chosen or None)
        return tmp_path

    return saved


@pytest.mark.parametrize("name", ["serving_default", "only"])
def test_a_signature_is_a_model_with_the_variables_it_uses(save, name):
    model = Model("saved", save(**{name: "single"}), "float32", {"x": X})
    assert sorted(model.weights) == ["last/bias", "last/kernel"]
    assert model.layers[0].kind == "Dense"
    found = model.run({"last/bias": np.zeros(2, np.float32)}, {"x": X}, ())
    np.testing.assert_allclose(found["output"], X.sum(1, keepdims=True) * [1, 1], rtol=1e-6)


def test_several_inputs_and_outputs_go_by_name(save):
    given = {"b": X, "a": np.float32(2)}
    module = load_saved_model(save(serving_default="double") / "saved", "float32")
    found: dict = module({name: tf.constant(array) for name, array in given.items()})  # type: ignore[assignment]
    np.testing.assert_allclose(found["sum"] - found["difference"], 4, rtol=1e-6)


def test_it_has_gradients(save):
    module = load_saved_model(save(serving_default="single") / "saved", "float32")
    with tf.GradientTape() as tape:
        y = module(tf.constant(X))
    kernel = next(v for v in module.variables if v.name.startswith("last/kernel"))
    np.testing.assert_allclose(tape.gradient(y, kernel)[:, 0], X.sum(0), rtol=1e-5, atol=1e-6)


def test_what_cannot_be_run_is_refused(save, tmp_path):
    folder = save(one="single", two="double")
    with pytest.raises(InputError, match="has 2 signatures and no serving_default"):
        load_saved_model(folder / "saved", "float32")
    (folder / "saved" / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(InputError, match="cannot be loaded as a SavedModel"):
        load_saved_model(folder / "saved", "float32")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"without saved_model.pb"):
        load_saved_model(tmp_path / "empty", "float32")


def test_it_is_run_in_float64_too_and_its_layers_are_found(tmp_path):
    """A loop is a function of the graph, which has to be made in float64 as well."""
    keras.utils.set_random_seed(3)
    x = keras.Input((5, 4), name="steps")
    y = keras.layers.LSTM(3, return_sequences=True, name="lstm")(x)
    y = keras.layers.Conv1D(6, 3, padding="same", activation="relu", name="conv")(y)
    y = keras.layers.Dense(2, name="dense")(keras.layers.Flatten()(y))
    net = keras.Model(x, y)
    tf.saved_model.save(net, str(tmp_path / "saved"))
    given = np.random.default_rng(1).normal(size=(2, 5, 4)).astype(np.float32)
    expected = net(given).numpy()
    for dtype in ("float32", "float64"):
        model = Model("saved", tmp_path, dtype, {"steps": given})
        found = model.run({}, {"steps": given}, ())["output"]
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        kinds = {layer.path: layer.kind for layer in model.layers}
        assert kinds == {"lstm/lstm_cell": "LSTM", "conv": "Conv1D", "dense": "Dense"}
    described = {layer.path: layer for layer in model.describe({"steps": given}).layers}
    assert described["conv"].inputs == ((2, 5, 3),)
    assert described["conv"].output == (2, 5, 6)


def test_what_cannot_be_frozen_is_run_by_its_signature_in_float32(tmp_path):
    class Looked(tf.Module):
        def __init__(self):
            super().__init__()
            keys = tf.constant([3, 5], tf.int64)
            start = tf.lookup.KeyValueTensorInitializer(keys, tf.constant([1.0, 2.0]))
            self.table = tf.lookup.StaticHashTable(start, 0.0)
            self.scale = tf.Variable([2.0], name="scale")

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.int64, name="x")])
        def call(self, x):
            return {"y": self.table.lookup(x) * self.scale}

    net = Looked()
    tf.saved_model.save(net, str(tmp_path / "saved"), signatures={"serving_default": net.call})
    module = load_saved_model(tmp_path / "saved", "float32")
    found: tf.Tensor = module(tf.constant([5, 4], tf.int64))
    np.testing.assert_allclose(found, [4, 0])
    with pytest.raises(SideFailedError, match="is a SavedModel whose operations are in float32"):
        load_saved_model(tmp_path / "saved", "float64")
