"""A leaf of a graft says whether all calls of one expression find it."""

import numpy as np
import pytest

from parity.declaring import operation_watch
from parity.declaring.grafts import Leaf, SeenRun


@pytest.mark.parametrize("leaf", [Leaf(input="x"), Leaf(name="h"), Leaf(given=0)])
def test_inputs_names_and_operands_are_found_at_every_call(leaf):
    assert leaf.depends_on_place_alone


def test_earlier_calls_are_not():
    assert not Leaf(call=0).depends_on_place_alone
    assert not Leaf(call=3, place=1).depends_on_place_alone


def test_runs_share_nothing():
    one, other = SeenRun(), SeenRun()
    one.inputs[0] = "x"
    assert other == SeenRun()


def test_a_run_of_larger_tensors_than_are_kept_says_so(monkeypatch):
    monkeypatch.setattr(operation_watch, "_MOST_BYTES", 64)
    run = SeenRun()
    assert run.add_tensor(np.zeros(8)) == 0
    assert not run.overflowed
    assert run.add_tensor(np.zeros(1)) == 1
    assert run.overflowed
