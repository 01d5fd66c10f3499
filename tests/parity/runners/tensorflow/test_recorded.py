"""Records of layers of Keras: the first call, before an activation that is the last step."""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras2

from parity.runners.tensorflow.recorded import recorded

X = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize("keras", [keras2, keras3], ids=["keras2", "keras3"])
def test_the_first_call_is_recorded_before_its_activation(keras):
    layer, calls = keras.layers.Dense(4, "relu"), {}
    layer.build((None, 3))
    held = dict(vars(layer))
    with recorded("layer", layer, calls):
        first = layer(tf.constant(X))
        layer(tf.constant(2 * X))
    output = calls["layer"].output
    np.testing.assert_array_equal(calls["layer"].inputs[0], X)
    np.testing.assert_allclose(output, X @ np.asarray(layer.kernel) + np.asarray(layer.bias))
    np.testing.assert_array_equal(first, np.maximum(output, 0))
    assert vars(layer).keys() == held.keys()


def test_another_layer_is_recorded_as_it_returns():
    layer, calls = keras2.layers.ReLU(), {}
    with recorded("layer", layer, calls):
        returned = layer(tf.constant(X))
    assert calls["layer"].output is returned
