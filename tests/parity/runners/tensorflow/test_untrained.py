"""A run names the weights that no gradient is taken of."""

import numpy as np
from tf_keras import layers

from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.runners.tensorflow import run


def test_running_statistics_are_named():
    def build(options, dtype):
        norm = layers.BatchNormalization(dtype=dtype)
        norm.build((None, 3))
        named = {weight.name.partition(":")[0].split("/")[-1]: weight for weight in norm.weights}
        return Built(lambda inputs: {"y": norm(inputs["x"])}, named)

    values = np.arange(1, 4, dtype=np.float32)
    weights = dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), values)
    task = Task({}, {"x": np.ones((2, 3), np.float32)}, weights, (), (), 1)
    found = run(Side("tensorflow", build), "reference", task, "float32").untrained
    assert set(found) == {"moving_mean", "moving_variance"}
