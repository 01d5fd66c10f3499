"""Other inputs of a task leave everything else as it is."""

from dataclasses import replace

import numpy as np

from parity.diagnosing.other_inputs import enlarge, reverse_records, same_inputs, zeros_and_ones
from tests.parity.diagnosing.small_ports import drawn, make_port, make_task, numpy_side

X = drawn(4, 3)
SQUARED = numpy_side(lambda options, x: {"y": x**2})


def test_variants_of_a_task_change_its_inputs_alone():
    port = make_port(SQUARED, SQUARED, {"x": X, "codes": np.arange(4), "scalar": np.float32(2)})
    task = make_task(port)
    reverse = reverse_records(task)
    np.testing.assert_array_equal(reverse.inputs["x"], X[::-1])
    assert reverse.inputs["scalar"] == 2
    assert same_inputs(reverse_records(reverse), task)
    assert not same_inputs(reverse, task)
    binary = zeros_and_ones(task)
    np.testing.assert_array_equal(binary.inputs["x"], np.median(X) < X)
    assert binary.inputs["x"].dtype == X.dtype
    np.testing.assert_array_equal(binary.inputs["codes"], np.arange(4))
    assert replace(binary, inputs=task.inputs) == task


def test_only_floating_inputs_are_enlarged():
    task = make_task(make_port(SQUARED, SQUARED, {"x": X, "codes": np.arange(4)}))
    large = enlarge(task).inputs
    np.testing.assert_array_equal(large["x"], X * 16)
    np.testing.assert_array_equal(large["codes"], np.arange(4))
