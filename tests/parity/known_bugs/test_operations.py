"""Calls of a candidate are recorded in order, and each of their other ways is a known bug."""

import numpy as np
import torch

from parity.declaring.frameworks import Recorded, Way
from parity.declaring.known_bug import OtherOperation
from parity.known_bugs.operations import (
    generate_operation_bugs,
    generate_repairs,
    record_calls,
    written_once,
)
from tests.parity.diagnosing.small_ports import drawn, make_port, make_task, numpy_side, torch_side

SUM, MEAN, ROOT = Way("as a sum", 35), Way("as a mean", 35), Way("with 1e-12 beneath it", 28)
CALLS = [
    Recorded("mean", 0, "of 3", (SUM,)),
    Recorded("sqrt", 0, "of 3", (ROOT,)),
    Recorded("mean", 1, "of 4", (SUM, MEAN)),
]


def test_calls_are_recorded_in_order_if_they_have_other_ways():
    side = torch_side(lambda x: torch.atan(x).softmax(0).mean(-1).mean())
    port = make_port(side, side, {"x": drawn(4, 3)})
    calls = record_calls(port.pairs[0], make_task(port))
    assert [(call.kind, call.number) for call in calls] == [
        ("softmax", 0),
        ("mean", 0),
        ("mean", 1),
    ]


def test_repairs_are_left_out_where_they_are_not_wanted():
    side = torch_side(lambda x: torch.relu(x).mean())
    port = make_port(side, side, {"x": drawn(4, 3)})
    pair, task = port.pairs[0], make_task(port)
    assert any(way.repairs for call in record_calls(pair, task) for way in call.ways)
    (call,) = record_calls(pair, task, repairs=False)
    assert (call.kind, [way.repairs for way in call.ways]) == ("mean", [False])


def test_no_calls_are_recorded_without_a_framework():
    side = numpy_side(lambda options, x: {"y": x.mean(-1)})
    port = make_port(side, side, {"x": drawn(4, 3)})
    assert record_calls(port.pairs[0], make_task(port)) == []


def test_each_call_and_all_of_a_kind_have_their_other_ways():
    found = [(bug.number, bug.name, bug.change) for bug in generate_operation_bugs(CALLS, True)]
    assert found == [
        (35, "mean as a sum (mean 1, of 3)", OtherOperation("mean", 0, "as a sum", 0, 2)),
        (
            28,
            "sqrt with 1e-12 beneath it (sqrt 1, of 3)",
            OtherOperation("sqrt", 0, "with 1e-12 beneath it", 1, 1),
        ),
        (35, "mean as a sum (mean 2, of 4)", OtherOperation("mean", 1, "as a sum", 2, 0)),
        (35, "mean as a mean (mean 2, of 4)", OtherOperation("mean", 1, "as a mean", 2, 0)),
        (35, "mean as a sum (all 2)", OtherOperation("mean", None, "as a sum")),
    ]


def test_calls_of_one_line_are_changed_together_before_each_alone():
    def layer(x):
        for _ in range(2):
            x = x.tanh()
        return x.mean(-1).tanh()

    side = torch_side(layer)
    port = make_port(side, side, {"x": drawn(4, 3)})
    calls = record_calls(port.pairs[0], make_task(port))
    (same,) = written_once(calls).values()
    assert [(call.kind, call.number) for call in same] == [("tanh", 0), ("tanh", 1)]
    first, *rest = (
        bug.change for bug in generate_repairs(calls) if isinstance(bug.change, OtherOperation)
    )
    assert (first.kind, first.index, first.among) == ("tanh", None, (0, 1))
    assert first.replaces("tanh", 1)
    assert not first.replaces("tanh", 2)
    assert not first.replaces("mean", 0)
    alone = next(change for change in rest if change.way == first.way and change.index == 1)
    every = next(change for change in rest if change.way == first.way and change.index is None)
    assert alone.is_part_of(first)
    assert first.is_part_of(every)
    assert not every.is_part_of(first)
    assert not any(change.among for change in changes_planted(calls))


def changes_planted(calls):
    return [bug.change for bug in generate_operation_bugs(calls, thorough=False)]


def test_repairs_are_not_planted_into_a_right_port():
    changes = [bug.change for bug in generate_operation_bugs(CALLS, False)]
    kinds = {change.kind for change in changes if isinstance(change, OtherOperation)}
    assert kinds == {"mean"}
    assert all(isinstance(change, OtherOperation) for change in changes)
    side = torch_side(lambda codes: codes[..., None].expand(2, 3, 5))
    codes = np.array([[0, 2, 1], [4, 2, 3]], np.float32)
    port = make_port(side, side, {"codes": codes})
    calls = record_calls(port.pairs[0], make_task(port))
    assert [call.kind for call in calls] == ["expand"]
    assert not list(generate_operation_bugs(calls, thorough=False))
    assert list(generate_operation_bugs(calls, thorough=True))


def test_repairs_are_hypotheses_alone():
    calls = [Recorded("relu", 0, "of 3", (Way("as elu", None, True),)), *CALLS]
    planted = [bug.name for bug in generate_operation_bugs(calls, thorough=True)]
    assert not any("relu" in name for name in planted)
    (repair,) = generate_repairs(calls)
    assert repair.name == "relu as elu (relu 1, of 3)"
    assert repair.change == OtherOperation("relu", 0, "as elu", 0, 3)
