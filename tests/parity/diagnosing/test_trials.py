"""Trials end with the time, and causes are judged by all outputs or by a part of them."""

import numpy as np
import torch

from parity.declaring.known_bug import ChangedOutputs, KnownBug
from parity.diagnosing.budget import Budget
from parity.diagnosing.hypothesis_runs import HypothesisRuns
from parity.diagnosing.run_cache import RunCache
from parity.diagnosing.trials import Trials, between_layers, outside_layers
from tests.parity.diagnosing.small_ports import drawn, make_port, make_task, torch_side

DOUBLED = KnownBug(None, "doubled", "everywhere", ChangedOutputs(lambda a, _: scaled(a, 2)))
TRIPLED = KnownBug(None, "tripled", "everywhere", ChangedOutputs(lambda a, _: scaled(a, 3)))


def scaled(arrays, by):
    return {name: np.multiply(array, by) for name, array in arrays.items()}


def trials_of(seconds=60):
    port = make_port(torch_side(torch.exp), torch_side(lambda x: 3 * x.exp()), {"x": drawn(4, 6)})
    runs = HypothesisRuns(port.pairs[0], make_task(port), RunCache())
    return Trials(runs, Budget(seconds))


def test_each_bug_is_tried_and_the_one_that_leaves_rounding_explains():
    trials = trials_of()
    found, count = trials.of_each([DOUBLED, TRIPLED], complete=True)
    assert count == len(found) == 2
    (cause,) = trials.explaining(found)
    assert cause.known_bugs == (TRIPLED,)


def test_none_is_tried_without_time():
    assert trials_of(seconds=0).of_each([TRIPLED], complete=True) == ([], 0)
    assert trials_of().of_each([TRIPLED], complete=True, budget=Budget(0)) == ([], 0)


def test_a_part_of_the_outputs_decides_where_all_of_them_do_not():
    trials = trials_of()
    inside = {"layer/input": 0.0, "layer": 1.0, "y": 0.0}
    (cause,) = trials.explaining_a_part([((TRIPLED,), inside)])
    assert cause.known_bugs == (TRIPLED,)
    assert trials.explaining_a_part([((TRIPLED,), {**inside, "y": 1.0})]) == []


def test_outputs_whose_inputs_are_listed_are_left_out():
    assert between_layers({"a/input": 0.0, "a": 1.0, "y": 2.0}) == {"a/input": 0.0, "y": 2.0}


def test_layers_may_be_left_out_but_never_the_outputs():
    errors = {"a/input": 1.0, "a": 1.0, "b/input": 0.0, "b": 0.0, "y": 2.0}
    assert outside_layers(errors) == {"y": 2.0}
