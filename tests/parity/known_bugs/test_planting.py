"""A bug planted into a candidate makes the sides differ; the hypothesis of it makes them agree."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.declaring.known_bug import (
    Change,
    ChangedInputs,
    ChangedOutputs,
    ChangedWeights,
    KnownBug,
    OtherOperation,
    OtherOptions,
    PatchedCode,
)
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.declaring.weight import Weight
from parity.known_bugs.planting import assume, plant
from parity.runners.side import run_side
from tests.parity.diagnosing.small_ports import drawn, make_port

OFFSET = [0.0]


def build(options, dtype):
    kernel = torch.zeros(3, dtype=getattr(torch, dtype), requires_grad=True)

    def call(inputs):
        scaled = torch.nn.functional.leaky_relu(inputs["x"], 0.2) * kernel
        return {"y": scaled * options["factor"] + OFFSET[0]}

    return Built(call, {"kernel": kernel})


SIDE = Side("torch", build)
KERNEL = Weight("kernel", (3,), ("kernel",))
PAIR = replace(make_port(SIDE, SIDE, {}).pairs[0], weights=lambda options: (KERNEL,))
TASK = Task({"factor": 2}, {"x": drawn(4, 3)}, {"kernel": drawn(3)}, (KERNEL,), (), 1)


def run(pair, role):
    return run_side(pair, role, TASK, "float64").outputs["y"]


@contextmanager
def shifted():
    OFFSET[0] = 1.0
    try:
        yield
    finally:
        OFFSET[0] = 0.0


CHANGES: dict[str, Change] = {
    "weights": ChangedWeights(lambda weights: {"kernel": weights["kernel"][::-1].copy()}),
    "inputs": ChangedInputs(lambda inputs: {"x": -inputs["x"]}),
    "outputs": ChangedOutputs(lambda outputs, task: {"y": outputs["y"] - task.inputs["x"]}),
    "options": OtherOptions({"factor": 3}),
    "operation": OtherOperation("leaky_relu", 0, "with slope 0.3"),
    "code": PatchedCode(shifted),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_planted_bug_changes_the_candidate_alone(kind):
    planted = plant(PAIR, KnownBug(None, "a bug", "", CHANGES[kind]))
    assert not np.allclose(run(planted, "candidate"), run(PAIR, "candidate"))
    np.testing.assert_array_equal(run(planted, "reference"), run(PAIR, "reference"))
    assert OFFSET == [0.0]


@pytest.mark.parametrize("kind", ["weights", "inputs", "outputs", "options"])
def test_the_hypothesis_of_a_planted_bug_makes_the_sides_agree(kind):
    bug = KnownBug(None, "a bug", "", CHANGES[kind])
    assumed = assume(plant(PAIR, bug), bug)
    np.testing.assert_array_equal(run(assumed, "reference"), run(assumed, "candidate"))
    assert not np.allclose(run(assumed, "reference"), run(PAIR, "reference"))


def test_the_hypothesis_of_an_operation_changes_the_candidate():
    bug = KnownBug(19, "a bug", "", CHANGES["operation"])
    np.testing.assert_array_equal(
        run(assume(PAIR, bug), "candidate"), run(plant(PAIR, bug), "candidate")
    )


def test_bugs_add_up_in_the_order_in_which_they_are_planted():
    twice = ChangedOutputs(lambda outputs, task: {"y": outputs["y"] * 2})
    added = ChangedOutputs(lambda outputs, task: {"y": outputs["y"] + 1})
    pair = PAIR
    for change in (twice, added, CHANGES["inputs"], CHANGES["inputs"]):
        pair = plant(pair, KnownBug(None, "a bug", "", change))
    np.testing.assert_array_equal(run(pair, "candidate"), run(PAIR, "candidate") * 2 + 1)
