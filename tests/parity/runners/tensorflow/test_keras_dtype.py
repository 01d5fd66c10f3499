"""What a layer is made in when it is made inside of a call: the dtype of the run."""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras2

from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.runners import tensorflow
from parity.runners.tensorflow import models
from parity.runners.tensorflow.keras_dtype import default_dtype

X = np.linspace(-2, 2, 24, dtype=np.float32).reshape(4, 6)
TASK = Task({}, {"x": X}, {}, (), None, seed=0)

LATE = """
from tf_keras import Model, layers

class Late(Model):
    def __init__(self):
        super().__init__()
        self.inner = None

    def call(self, x):
        if self.inner is None:
            self.inner = layers.Dense(4, "tanh")
        return self.inner(x)
"""


@tf.custom_gradient
def twice_backwards(x):
    """The identity, whose gradient is made by a layer of its own."""
    return tf.identity(x), lambda gradient: keras2.layers.Lambda(lambda x: 2 * x)(gradient)


def run(call, dtype):
    return tensorflow.run(
        Side("tensorflow", lambda options, dtype: Built(call, {})), "reference", TASK, dtype
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("keras", [keras2, keras3])
def test_a_layer_made_in_the_call_computes_in_the_dtype_of_the_run(keras, dtype):
    trace = run(lambda inputs: keras.layers.Activation("tanh")(inputs["x"]), dtype)
    assert trace.outputs["output"].dtype == dtype
    expected = np.tanh(X.astype(dtype))
    np.testing.assert_allclose(trace.outputs["output"], expected, rtol=8 * np.finfo(dtype).eps)


def test_and_so_does_one_made_where_the_gradient_is_taken():
    trace = run(lambda inputs: twice_backwards(tf.tanh(inputs["x"])), "float64")
    plain = run(lambda inputs: tf.tanh(inputs["x"]), "float64")
    np.testing.assert_array_equal(
        trace.gradients["input/x"], 2 * plain.gradients["input/x"], strict=True
    )


def test_a_dense_made_in_the_call_has_weights_of_the_dtype_and_is_differentiated(tmp_path):
    (tmp_path / "late.py").write_text(LATE)
    made = models.Model("late.py:Late", tmp_path, "float64", {"x": X})
    assert {name: v.dtype.name for name, v in made.weights.items()} == {
        "inner/kernel": "float64",
        "inner/bias": "float64",
    }
    assert made.run({}, {"x": X}, ())["output"].dtype == "float64"


@pytest.mark.parametrize("fails", [True, False])
def test_afterwards_all_is_as_it_was(fails):
    before = keras3.config.dtype_policy()
    keras3.config.set_dtype_policy("mixed_bfloat16")
    try:
        with default_dtype("float64"):
            assert keras2.backend.floatx() == keras3.backend.floatx() == "float64"
            assert keras3.config.dtype_policy().name == "float64"
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        assert fails
    try:
        assert keras2.backend.floatx() == keras3.backend.floatx() == "float32"
        assert keras3.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras3.config.set_dtype_policy(before)
