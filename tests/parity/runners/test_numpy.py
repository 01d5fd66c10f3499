"""Plain functions of numpy: what they may change, return and hold."""

import numpy as np
import pytest

from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.errors import StructureError
from parity.runners import numpy as runner
from parity.runners.numpy import put, run

X = np.arange(3, dtype=np.float32)
TASK = Task({}, {"x": X, "n": np.array([2])}, {}, (), None, seed=0)


def call(function, task=TASK, dtype="float32", parameters=None):
    side = Side("numpy", lambda options, dtype: Built(function, parameters or {}))
    return run(side, "candidate", task, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floating_inputs_are_in_the_dtype_of_the_run_and_integers_are_not(dtype):
    trace = call(lambda inputs: {"x": inputs["x"] * 2, "n": inputs["n"]}, dtype=dtype)
    assert trace.outputs["x"].dtype == dtype
    assert trace.outputs["n"].dtype == TASK.inputs["n"].dtype
    assert (trace.framework, trace.version, trace.dtype) == ("numpy", runner.version(), dtype)


def test_an_input_changed_in_place_is_named_and_the_tasks_own_is_kept():
    def function(inputs):
        inputs["x"] += 1
        return inputs["x"]

    trace = call(function)
    assert trace.changed == ("x",)
    np.testing.assert_array_equal(trace.outputs["output"], [1, 2, 3])
    np.testing.assert_array_equal(X, [0, 1, 2])


def test_weights_are_refused():
    with pytest.raises(StructureError, match="the candidate is a plain numpy function"):
        call(lambda inputs: inputs, parameters={"w": X})


def test_put_casts_in_place():
    parameter = np.zeros(3, np.float32)
    put(parameter, np.ones(3))
    assert parameter.tolist() == [1, 1, 1]
    assert parameter.dtype == np.float32
