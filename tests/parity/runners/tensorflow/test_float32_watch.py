"""TensorFlow's operations in float32 are seen; constants and casts to float64 are not."""

import numpy as np
import pytest

from parity.declaring.float32_watch import Float32Watch
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.runners.tensorflow import run, tf

X = np.random.default_rng(1).normal(size=(2, 4, 5, 3)).astype("float32")


def seen(function, seed=0):
    watch = Float32Watch("exact", seed=seed)
    side = Side("tensorflow", lambda o, dtype: Built(lambda given: {"y": function(given["x"])}))
    trace = run(side, "reference", Task({}, {"x": X}, {}, (), None, 1), "float64", watch)
    return [each.operation for each in watch.operations], trace


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: tf.sin(x) * tf.cast(0.1, x.dtype), []),
        (lambda x: x * tf.cast(tf.sqrt(tf.constant(3.0)), x.dtype), []),
        (lambda x: tf.sin(tf.cast(x / 3, tf.float32)), ["Cast", "Sin"]),
        (lambda x: tf.cast(tf.cast(x / 3, tf.float32), x.dtype), ["Cast"]),
        # The inputs are float32 numbers, so that nothing is rounded.
        (lambda x: tf.cast(tf.cast(x, tf.float32), x.dtype), []),
        (lambda x: tf.image.resize(x, [3, 3]), ["ResizeBilinear"]),
    ],
    ids=["float64", "constants", "a cast", "there and back", "an exact cast", "a resize"],
)
def test_operations_are_seen(function, expected):
    assert seen(function)[0] == expected


def test_a_seed_perturbs_outputs_and_gradients_a_little():
    def function(x):
        return tf.cast(tf.image.resize(x, [3, 3]), x.dtype) ** 2

    _, before = seen(function)
    _, after = seen(function, seed=1)
    for name, array in before.named().items():
        gap = np.abs(after.named()[name] - array).max()
        assert 1e-8 < gap < 1e-4
