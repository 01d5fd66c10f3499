"""Inputs and outputs allow exactly the bugs that their dtypes, shapes and values make possible."""

import numpy as np
import pytest

from parity.declaring.known_bug import ChangedInputs, ChangedOutputs
from parity.declaring.trace import Task
from parity.known_bugs.inputs_outputs import (
    generate_exchanged_inputs,
    generate_exchanged_outputs,
    generate_input_bugs,
    generate_output_bugs,
)

TASK = Task({}, {}, {}, (), (), 1)
DRAWN = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
MASK = np.array([[0, 1], [1, 1]], np.float32)


def by_name(bugs):
    return {bug.name: bug.change.apply for bug in bugs}


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (
            DRAWN,
            {
                "first row's values for every row",
                "float64 bytes read as float32",
                "positions shifted by one",
            },
        ),
        (np.arange(4), {"first row's values for every row"}),
        (
            np.float32(1),
            {"mask inverted", "mask ignored, as if all 1", "mask ignored, as if all 0"},
        ),
        (np.arange(1), set()),
    ],
)
def test_inputs_allow_bugs_by_dtype_shape_and_values(array, expected):
    assert {bug.what for bug in generate_input_bugs({"x": np.asarray(array)})} == expected


def test_input_bugs_change_what_they_say():
    bugs = by_name(generate_input_bugs({"mask": MASK, "x": DRAWN}))
    inputs = {"mask": MASK, "x": DRAWN}
    np.testing.assert_array_equal(bugs["mask inverted (mask)"](inputs)["mask"], 1 - MASK)
    np.testing.assert_array_equal(bugs["mask ignored, as if all 1 (mask)"](inputs)["mask"], 1)
    np.testing.assert_array_equal(bugs["mask ignored, as if all 0 (mask)"](inputs)["mask"], 0)
    np.testing.assert_array_equal(bugs["first two axes swapped (mask)"](inputs)["mask"], MASK.T)
    shifted = bugs["positions shifted by one (x)"](inputs)["x"]
    np.testing.assert_array_equal(shifted, DRAWN[:, [2, 0, 1]])
    first = bugs["first row's values for every row (x)"](inputs)["x"]
    np.testing.assert_array_equal(first, np.tile(DRAWN[0], (4, 1)))


def test_inputs_of_one_shape_are_exchanged():
    types = np.array([[0, 0], [0, 1]])
    inputs = {"mask": MASK, "types": types, "x": DRAWN, "scale": np.ones((), np.float32)}
    (bug,) = generate_exchanged_inputs(inputs)
    assert bug.name == "inputs exchanged (mask and types)"
    assert isinstance(bug.change, ChangedInputs)
    exchanged = bug.change.apply(inputs)
    np.testing.assert_array_equal(exchanged["mask"], types)
    np.testing.assert_array_equal(exchanged["types"], MASK)
    assert exchanged["x"] is DRAWN


def test_of_many_inputs_of_one_shape_some_are_exchanged():
    assert len(list(generate_exchanged_inputs(dict.fromkeys("abcdefgh", DRAWN)))) == 16


def test_float64_bytes_read_as_float32_keep_shape_and_dtype_and_are_finite():
    misread = by_name(generate_input_bugs({"x": DRAWN}))["float64 bytes read as float32 (x)"]
    found = misread({"x": DRAWN})["x"]
    assert (found.shape, found.dtype) == (DRAWN.shape, DRAWN.dtype)
    assert np.isfinite(found).all()
    assert not np.array_equal(found, DRAWN)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (DRAWN, {"sign flipped", "rows reversed", "extra axis of size 1"}),
        (np.zeros((4, 3), np.float32), {"extra axis of size 1"}),
        (np.float32(3), {"sign flipped"}),
        (
            DRAWN[:, :, None] * DRAWN[:, None],
            {"sign flipped", "rows reversed", "last two axes swapped", "extra axis of size 1"},
        ),
    ],
)
def test_outputs_allow_bugs_by_shape_and_values(array, expected):
    found = {bug.what for bug in generate_output_bugs({"y": np.asarray(array)})}
    assert found == {"squeezed without an axis", *expected}


def test_output_bugs_change_what_they_say():
    outputs = {"y": DRAWN, "z": DRAWN[:1, :, None]}
    bugs = by_name(generate_output_bugs(outputs))
    np.testing.assert_array_equal(bugs["sign flipped (y)"](outputs, TASK)["y"], -DRAWN)
    np.testing.assert_array_equal(bugs["rows reversed (y)"](outputs, TASK)["y"], DRAWN[::-1])
    assert bugs["extra axis of size 1 (y)"](outputs, TASK)["y"].shape == (4, 3, 1)
    assert bugs["squeezed without an axis (all outputs)"](outputs, TASK)["z"].shape == (3,)
    assert list(bugs["dropped (z)"](outputs, TASK)) == ["y"]
    assert bugs["sign flipped (y)"]({"z": DRAWN}, TASK).keys() == {"z"}


def test_outputs_are_exchanged_but_not_those_of_layers():
    outputs = {"conv/input": DRAWN, "conv": DRAWN, "output/0": DRAWN, "output/1": MASK}
    (bug,) = generate_exchanged_outputs(outputs)
    assert bug.name == "outputs exchanged (output/0 and output/1)"
    assert isinstance(bug.change, ChangedOutputs)
    changed = bug.change.apply(outputs, TASK)
    assert list(changed) == list(outputs)
    assert (changed["output/0"] is MASK, changed["output/1"] is DRAWN) == (True, True)
    assert bug.change.apply({"output/0": DRAWN}, TASK) == {"output/0": DRAWN}


def test_three_outputs_are_also_taken_in_turn_and_many_not_at_all():
    found = [bug.name for bug in generate_exchanged_outputs(dict.fromkeys("abc", DRAWN))]
    assert found == [
        "outputs exchanged (a and b)",
        "outputs exchanged (a and c)",
        "outputs exchanged (b and c)",
        "outputs in another order (b, c and a)",
        "outputs in another order (c, a and b)",
    ]
    assert len(list(generate_exchanged_outputs(dict.fromkeys("abcdefgh", DRAWN)))) == 28
    assert not list(generate_exchanged_outputs(dict.fromkeys("abcdefghi", DRAWN)))
    assert not list(generate_exchanged_outputs({"y": DRAWN}))
