"""Plot of trainings: a PNG for whatever a training may hold, and no file without matplotlib."""

import struct
import sys
from dataclasses import replace

import pytest

from parity.declaring.training import Course, split
from parity.errors import UnavailableError
from parity.train import plot
from parity.train.lockstep import Lockstep
from tests.parity.numpy_training import load, make

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trainings():
    trained, held_out = split(load(None, 1, 10), 0.2, 1)
    course = Course(trained, held_out, 3, 4, 1)
    return [Lockstep(make(bug), course).run() for bug in ("", "decay times the rate")]


def size(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


def test_one_column_for_each_training(trainings):
    width, height = size(plot.render(trainings[:1], ("numpy", "torch")))
    assert size(plot.render(trainings, ("numpy", "torch"))) == (2 * width, height)


def test_titles_name_the_divergence(trainings):
    right, wrong = trainings
    assert plot._title(right) == "adam: equivalent"
    assert plot._title(wrong) == "adam: different, the sides diverge at step 1 (dotted)"


@pytest.mark.parametrize("left_out", [{"steps": ()}, {"evaluations": ()}])
def test_a_training_that_ended_early(trainings, left_out):
    assert size(plot.render([replace(trainings[0], **left_out)], ("numpy", "torch")))


def test_without_matplotlib(monkeypatch):
    plot.require()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UnavailableError, match="matplotlib is not installed, and --plot needs it"):
        plot.require()
