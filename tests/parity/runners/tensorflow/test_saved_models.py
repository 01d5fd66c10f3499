"""SavedModels are run by their signature, in float32, with their variables as weights."""

import numpy as np
import pytest
import tensorflow as tf

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
    with pytest.raises(SideFailedError, match="is a SavedModel, whose operations are in float32"):
        load_saved_model(folder / "saved", "float64")
    (folder / "saved" / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(InputError, match="cannot be loaded as a SavedModel"):
        load_saved_model(folder / "saved", "float32")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"without saved_model.pb"):
        load_saved_model(tmp_path / "empty", "float32")
