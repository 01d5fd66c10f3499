"""Outputs of one value throughout: other weights are drawn on which they say something."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from parity import Built, Configuration, InputSet, Pair, Port, Side, Weight
from parity.checking.checker import Checker
from parity.checking.given_weights import GivenWeights
from parity.checking.mute_outputs import find_mute
from parity.checking.selection import Selection
from parity.declaring.trace import Trace
from parity.judging.verdict import Verdict

# Its drawn value is negative with seeds 1, 2001 and 3001, and positive with 1001.
GATE = Weight("gate", (1,), ("gate",))
X = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)


def side(function):
    def build(options, dtype):
        gate = torch.zeros(1, dtype=getattr(torch, dtype), requires_grad=True)
        return Built(lambda given: {"y": function(given["x"], gate)}, {"gate": gate})

    return Side("torch", build)


def gated(x, gate):
    return torch.relu(gate) * x


def gated_wrongly(x, gate):
    return torch.relu(gate) * x.abs()


def check(candidate, reference=gated, **given):
    pair = Pair(
        "layer",
        side(reference),
        side(candidate),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        lambda options: (GATE,),
    )
    port = Port("gated", (pair,), lambda *_: InputSet("given", {"x": X}))
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection(gradients=True), **given)
    return checker, checker.run(pair, pair.configs[0], "isolated")


def test_a_wrong_candidate_is_refused_though_the_first_draw_shuts_the_gate():
    checker, result = check(gated_wrongly)
    assert result.verdict is Verdict.DIFFERENT
    # What is diagnosed afterwards is what differed.
    pair = checker.port.pairs[0]
    assert checker.task(pair, pair.configs[0]).weights["gate"][0] > 0


def test_a_right_candidate_passes():
    _, result = check(gated)
    assert result.verdict.passes
    assert not result.notes


def test_given_weights_stay_and_it_is_said_that_nothing_is_shown():
    weights = GivenWeights("mine", {"gate": np.array([-1], np.float32)})
    _, result = check(gated_wrongly, weights=weights)
    assert result.verdict.passes
    assert result.notes[0] == (
        "y has one value throughout, so nothing is shown of how it is computed"
    )


def test_what_is_constant_on_all_weights_is_said():
    def nothing(x, gate):
        return 0 * x * gate

    _, result = check(nothing, nothing)
    assert result.verdict.passes
    assert any("has one value throughout" in note for note in result.notes)


@pytest.mark.parametrize(
    ("array", "mute"),
    [
        (np.zeros((2, 3), np.float32), True),
        (np.full((2, 3), 0.5, np.float32), True),
        (np.array([0, 1e-30], np.float32), False),
        (np.full((2, 3), np.nan, np.float32), False),
        (np.zeros(1, np.float32), False),
        (np.zeros((2, 3), np.int64), False),
    ],
)
def test_one_value_throughout(array, mute):
    pair = check(gated)[0].port.pairs[0]
    trace = Trace("numpy", "", "float32", {"y": array})
    assert find_mute(pair, trace) == (["y"] if mute else [])
    assert find_mute(replace(pair, distributions=("y",)), trace) == []
