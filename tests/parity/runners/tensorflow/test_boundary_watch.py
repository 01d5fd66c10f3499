"""Numbers that TensorFlow's operations compare data with are seen; others are not."""

import numpy as np
import pytest
import tensorflow as tf

from parity.declaring.boundary_watch import BoundaryWatch
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.runners.tensorflow import run


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        (lambda x: tf.clip_by_value(x, -3, 2.5), {-3.0, 2.5}),
        (tf.nn.relu6, {6.0}),
        (lambda x: tf.where(x >= 0.75, x, 0), {0.75}),
        (lambda x: tf.raw_ops.Bucketize(input=x, boundaries=[-1.5, 0.25]), {-1.5, 0.25}),
        (lambda x: tf.math.floormod(x, 4.5), {4.5}),
        (lambda x: x * 7 + 5, set()),
    ],
)
def test_numbers_that_data_are_compared_with(call, seen):
    watch = BoundaryWatch("exact")
    side = Side("tensorflow", lambda options, dtype: Built(lambda inputs: {"y": call(inputs["x"])}))
    run(
        side,
        "reference",
        Task({}, {"x": np.ones((2, 3), np.float32)}, {}, (), (), 1),
        "float32",
        watch,
    )
    assert set(watch.numbers) == seen
