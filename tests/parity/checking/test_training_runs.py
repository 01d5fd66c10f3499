"""A layer's behaviour in training is put in words, with the reason where it is not compared."""

from torch import nn

from parity.checking.training_runs import Probe, probe, probe_quietly, unmapped_note
from parity.declaring.training_mode import Trained, TrainingMode
from parity.errors import SideFailedError
from tests.parity.diagnosing.small_ports import make_task
from tests.parity.diagnosing.small_ports import numpy_side as plain_side
from tests.parity.layers_in_training import dropout, keras_side, make_port, torch_side


def probed(candidate, **fields):
    port = make_port(keras_side(dropout()), torch_side(candidate))
    (pair,) = port.pairs
    return probe(pair, make_task(port), **fields)


def test_masks_are_handed_over_in_the_order_of_draws():
    found = probed(lambda: nn.Dropout(0.3))
    assert found.differs
    assert found.what == "dropout of 0.3"
    assert not found.obstacle
    (mask,) = found.mode.numbers["reference"]
    assert (found.mode.numbers["candidate"][0] == mask).all()
    assert found.matched == ((0,),)


def test_a_recorded_reference_is_not_run():
    found = probed(lambda: nn.Dropout(0.3), with_reference=False)
    assert found.differs
    assert not found.reference.draws
    assert len(found.candidate.draws) == 1


def test_one_side_is_enough():
    assert probed(nn.Identity).differs


def test_statistics_are_named_and_counted():
    state = ("a/moving_mean", "a/moving_variance", "b/moving_mean")
    found = Probe(Trained(), Trained(), state, True, TrainingMode())
    assert found.what == "running statistics a/moving_mean, a/moving_variance and 1 more"
    assert Probe(Trained(), Trained(), (), True, TrainingMode()).what == "other outputs"


def test_unmapped_statistics_get_a_note():
    found = Probe(Trained(), Trained(unmapped=("norm.running_var",)), (), True, TrainingMode())
    (note,) = unmapped_note(found)
    assert "norm.running_var of the candidate" in note


def test_plain_functions_have_no_training_and_errors_are_words(monkeypatch):
    port = make_port(plain_side(lambda options, x: {"y": x}), torch_side(nn.Identity))
    (pair,) = port.pairs
    assert probe_quietly(pair, make_task(port), None, with_reference=True) == ""

    def failing(*args, **kwargs):
        raise SideFailedError("it fails")

    monkeypatch.setattr("parity.checking.training_runs.probe", failing)
    port = make_port(keras_side(dropout()), torch_side(nn.Identity))
    (pair,) = port.pairs
    assert probe_quietly(pair, make_task(port), None, with_reference=True) == "it fails"
