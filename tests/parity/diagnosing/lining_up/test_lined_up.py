"""Both sides of a port are lined up by the tensors that they share."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.declaring import operation_watch
from parity.declaring.grafts import Leaf
from parity.diagnosing.lining_up.lined_up import line_up
from parity.runners.tensorflow import tf
from tests.parity.diagnosing.lining_up.mistakes import MISTAKES
from tests.parity.diagnosing.lining_up.operation_ports import drawn, pair_and_task
from tests.parity.diagnosing.small_ports import make_port, make_task, numpy_side
from tests.parity.diagnosing.small_ports import torch_side as plain_torch_side

X = drawn(4, 6)


def right(x, w):
    h = tf.tanh(tf.matmul(x, w, transpose_b=True))
    return tf.exp(h) + tf.reduce_mean(x, 1, keepdims=True)


def wrong(x, w):
    h = torch.tanh(x @ w.T)
    far = h.exp().add(1)
    return far * x.mean(1, keepdim=True)


def lined_up(right=right, wrong=wrong, inputs=None, **shapes):
    if inputs is None:
        inputs, shapes = {"x": X}, {"w": (6, 6)}
    return line_up(*pair_and_task(right, wrong, inputs, **shapes))


def kinds(found, calls):
    return [found.seen.calls[one.number].kind for one in calls]


def test_calls_whose_results_the_reference_lacks_part_from_it():
    found = lined_up()
    assert [call.kind for call in found.seen.calls] == [
        "get", "matmul", "tanh", "exp", "add", "mean", "mul"
    ]  # fmt: skip
    parted = found.parted
    assert kinds(found, parted) == ["add", "mul"]
    assert [one.index for one in parted] == [0, 0]
    assert [one.among for one in parted] == [(4,), (6,)]
    assert found.records == 4


def test_a_port_without_mistakes_has_no_such_calls():
    def right_too(x, w):
        return torch.tanh(x @ w.T).exp() + x.mean(1, keepdim=True)

    assert lined_up(wrong=right_too).parted == []


def test_tensors_are_shared_in_the_layout_that_makes_them_equal():
    def channels_last(x):
        return tf.nn.relu(x) * 2 + 1

    def channels_first(x):
        image = x.permute(0, 3, 1, 2).relu()
        return (image * 2).add(1).permute(0, 2, 3, 1).flatten()

    found = lined_up(channels_last, channels_first, {"x": drawn(2, 3, 4, 5)})
    relu = next(one for one in found.watch.operations if one.kind == "Relu")
    last = len(found.seen.calls) - 1
    own, layout = found.shared(last)[relu.returned[0]]
    turned = found.seen.tensors[own].transpose(layout.axes)
    np.testing.assert_array_equal(turned, found.watch.tensors[relu.returned[0]])


def test_only_what_a_call_can_reach_is_shared_there():
    found = lined_up()
    made = {one.kind: one.returned[0] for one in found.watch.operations}
    assert made["Exp"] not in found.shared(3)
    assert made["Exp"] in found.shared(4)
    assert made["Tanh"] in found.shared(4)


def test_leaves_are_found_by_the_simplest_way():
    found = lined_up()
    calls = found.seen.calls
    assert found.leaf(calls[2].returned[0], 4) == Leaf(name="h")
    assert found.leaf(calls[3].returned[0], 4) == Leaf(given=0)
    assert found.leaf(calls[1].returned[0], 4) == Leaf(call=1)
    assert found.leaf(calls[6].returned[0], 4) is None
    assert found.leaf(next(iter(found.seen.inputs)), 4) == Leaf(name="x")


def test_what_a_call_returned_is_known_or_not():
    found = lined_up()
    np.testing.assert_array_equal(found.result(4), found.result(3) + 1)
    assert found.is_known(found.seen.calls[3].returned[0])
    assert not found.is_known(found.seen.calls[4].returned[0])


def test_the_calls_of_an_expression_in_a_loop_part_together():
    mistake = MISTAKES["state of a loop"]
    found = lined_up(mistake.right, mistake.wrong, mistake.inputs, **mistake.weights)
    parted = found.parted
    square = next(one for one in parted if found.seen.calls[one.number].kind == "square")
    assert len(square.among) == 3
    assert {found.seen.calls[number].kind for number in square.among} == {"square"}


def test_a_table_is_shared_and_a_number_is_not():
    def of_constants(x):
        return x * tf.constant(np.arange(6.0)) + tf.constant(3.0, x.dtype) * tf.exp(x)

    def of_table(x):
        table, three = torch.arange(6.0, dtype=x.dtype), torch.full((), 3.0)
        return x * table + three * x.exp().exp()

    found = lined_up(of_constants, of_table, {"x": X})
    shared = set(found.shared(len(found.seen.calls) - 1)) & found.watch.constants
    assert [found.watch.tensors[one].shape for one in shared] == [(6,)]


def test_nothing_is_lined_up_that_cannot_be_seen(monkeypatch):
    port = make_port(numpy_side(lambda o, x: {"y": x + 1}), plain_torch_side(lambda x: x), {"x": X})
    assert line_up(port.pairs[0], make_task(port)) is None
    tensorflow, task = pair_and_task(right, wrong, {"x": X}, w=(6, 6))
    no_torch = replace(tensorflow, candidate=numpy_side(lambda o, x: {"y": x}))
    assert line_up(no_torch, task) is None
    monkeypatch.setattr(operation_watch, "_MOST_OPERATIONS", 2)
    assert line_up(tensorflow, task) is None


@pytest.mark.parametrize("failing", ["reference", "candidate"])
def test_nor_what_does_not_run(failing):
    def fails(x, w):
        raise ValueError("no such numbers")

    sides = {"reference": right, "candidate": wrong, failing: fails}
    assert lined_up(sides["reference"], sides["candidate"]) is None
