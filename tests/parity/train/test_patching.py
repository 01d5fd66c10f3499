"""Patches of a candidate's step: the first steps are trained again with them."""

import sys
from dataclasses import replace

import pytest

from parity.declaring.registry import find
from parity.declaring.training import Course
from parity.diagnosing.budget import Budget
from parity.train.lockstep import Lockstep
from parity.train.patching import find_patch
from tests.parity.train.torch_training import drawn

LOSSES = """
import torch


def loss(error):
    return torch.abs(error)
"""
PORT = """
from losses import loss

from parity import Port, Training
from tests.parity.train.torch_training import DENSE, drawn, plain, side

sides = (side(plain())(False), side({update}, error_of=loss)(True))
training = Training("rule", *sides, lambda options: DENSE)
port = Port("rule", (), lambda source, seed, count: drawn(), trainings=(training,))
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a port, its candidate's loss in a file of its own; return the port's file."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "losses", raising=False)

    def port(update="plain()"):
        (tmp_path / "losses.py").write_text(LOSSES)
        path = tmp_path / "rule.py"
        path.write_text(PORT.format(update=update))
        return str(path)

    return port


def compared(path):
    (training,) = find(path).trainings
    course = Course(drawn(), None, 4, 8, 1)
    return Lockstep(training, course, lambda: Budget(60)).run()


def test_the_steps_agree_with_the_patch(write):
    path = write()
    found = find_patch(compared(path), lambda: find(path))
    assert found is not None
    assert found.what.startswith("abs as square")
    assert found.again.verdict.passes
    assert "-    return torch.abs(error)\n" in found.patch.diff
    assert "+    return torch.square(error)\n" in found.patch.diff
    assert len(found.again.steps) == 4


def test_a_patch_of_one_mistake_of_two(write):
    path = write("plain(0.125)")
    before = compared(path)
    assert before.divergence is not None
    assert before.divergence.kind == "loss"
    found = find_patch(before, lambda: find(path))
    assert found is not None
    assert found.again.divergence is not None
    assert found.again.divergence.kind == "weight"


def test_a_patch_that_repairs_nothing_is_not_offered(write):
    path = write()
    before = compared(path)
    port = find(path)
    assert find_patch(before, lambda: port) is None


def test_nothing_to_patch(write):
    before = compared(write())
    assert find_patch(replace(before, divergence=None), lambda: None) is None
