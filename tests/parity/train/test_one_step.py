"""One step of a declared training, as a case of a check."""

from dataclasses import replace

import pytest

from parity.checking.selection import Selection
from parity.declaring.port import Port
from parity.declaring.training import TrainingSide
from parity.errors import ParityError
from parity.judging.verdict import Verdict
from parity.train.one_step import CONFIG, one_step, selected, training_pair
from tests.parity.numpy_training import load, make


def test_loss_gradients_and_weights_are_outputs():
    case = one_step(make(), load(None, 1, 8), seed=1)
    assert (case.config, case.mode, case.verdict.passes) == (CONFIG, "training", True)
    names = {output.name for output in case.outputs}
    assert "loss" in names
    assert any(name.startswith("weight/") for name in names)


def test_a_side_that_fails_is_not_compared():
    def failing(options, dtype):
        raise ValueError("no such optimizer")

    broken = replace(make(), candidate=TrainingSide("numpy", failing))
    case = one_step(broken, load(None, 1, 8), seed=1)
    assert case.verdict is Verdict.NOT_COMPARED
    assert "no such optimizer" in case.notes[0]


def test_a_step_is_taken_if_asked_and_for_the_whole_port_alone():
    port = Port("trained", (), load, trainings=(make(),))
    assert selected(port, Selection(training=True)) == port.trainings
    for other in (Selection(), Selection(training=False), Selection(("x",), training=True)):
        assert selected(port, other) == ()


def test_reports_name_a_training_by_a_pair_that_cannot_be_run():
    training = make()
    pair = training_pair(training)
    assert pair.layer == f"training {training.name}"
    with pytest.raises(ParityError):
        pair.reference.build({}, "float32")


def test_a_wrong_first_step_is_refused_and_explained():
    case = one_step(make("a sum for the mean"), load(None, 1, 8), seed=1)
    assert case.verdict is Verdict.DIFFERENT
    assert "diverge at step 1" in case.notes[0]
