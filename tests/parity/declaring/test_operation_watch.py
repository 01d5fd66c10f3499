"""A watch keeps operations and tensors as long as there are not too many."""

import numpy as np

from parity.declaring import operation_watch
from parity.declaring.operation_watch import OperationWatch, SeenOperation

ADD = SeenOperation("AddV2", (0, 1), (2,), {}, "", "")


def test_tensors_are_numbered_in_their_order():
    watch = OperationWatch("exact")
    arrays = [np.ones(3), np.zeros(2), np.ones(1)]
    assert [watch.add_tensor(array, array.size == 2) for array in arrays] == [0, 1, 2]
    assert watch.tensors[1] is arrays[1]
    assert watch.constants == {1}


def test_more_operations_than_are_kept_are_said(monkeypatch):
    monkeypatch.setattr(operation_watch, "_MOST_OPERATIONS", 2)
    watch = OperationWatch("exact")
    watch.add_operation(ADD)
    watch.add_operation(ADD)
    assert not watch.overflowed
    watch.add_operation(ADD)
    assert watch.overflowed
    assert watch.operations[0] is ADD


def test_larger_tensors_than_are_kept_are_said(monkeypatch):
    monkeypatch.setattr(operation_watch, "_MOST_BYTES", 64)
    watch = OperationWatch("exact")
    watch.add_tensor(np.zeros(8))
    assert not watch.overflowed
    watch.add_tensor(np.zeros(1))
    assert watch.overflowed


def test_constants_are_made_exact():
    watch = OperationWatch("exact")
    assert watch.change("Mul", np.array(0.1), np.array(float(np.float32(0.1))))
    assert not watch.change("Mul", np.array(0.5), np.array(0.5))
