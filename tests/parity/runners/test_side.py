"""Whatever a side raises is reported as that side's, with what to do about it."""

from dataclasses import replace

import numpy as np
import pytest

from parity.declaring.port import Built, Configuration, Pair, Side
from parity.declaring.trace import Task
from parity.errors import ParityError, SideFailedError
from parity.runners.side import run_side

TASK = Task({}, {"x": np.ones(2, np.float32)}, {}, (), None, seed=0)


def pair(function):
    side = Side("numpy", lambda options, dtype: Built(function))
    return Pair("layer", side, side, (Configuration("default", {}),), lambda given: {})


def raising(error):
    def function(inputs):
        raise error

    return pair(function)


def test_both_hooks_see_the_task():
    doubled = pair(lambda inputs: {"y": inputs["x"]})
    hooks = replace(
        doubled.candidate,
        before=lambda task: replace(task, inputs={"x": task.inputs["x"] * 2}),
        after=lambda outputs, task: {"y": outputs["y"] + task.inputs["x"]},
    )
    doubled = replace(doubled, candidate=hooks)
    assert run_side(doubled, "reference", TASK).outputs["y"].tolist() == [1, 1]
    assert run_side(doubled, "candidate", TASK).outputs["y"].tolist() == [4, 4]


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), SystemExit("gone")])
def test_an_error_of_the_layer_names_the_side_and_the_dtype(error):
    with pytest.raises(SideFailedError, match=r"^the candidate failed in float64: "):
        run_side(raising(error), "candidate", TASK, "float64")


def test_running_out_of_memory_comes_with_advice():
    with pytest.raises(SideFailedError, match=r"the reference ran out of memory .*--records"):
        run_side(raising(MemoryError()), "reference", TASK)


def test_an_error_of_the_declaration_is_not_the_layers():
    with pytest.raises(ParityError, match=r"^as it is$") as raised:
        run_side(raising(ParityError("as it is")), "candidate", TASK)
    assert not isinstance(raised.value, SideFailedError)
