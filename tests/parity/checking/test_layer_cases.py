"""A layer in a configuration: its modes, then training mode if the layer could be run."""

from torch import nn

from parity.checking.checker import Checker
from parity.checking.layer_cases import LayerCases
from parity.checking.selection import Selection
from parity.checking.training_runs import EvaluationOnly
from parity.judging.verdict import Verdict
from tests.parity.layers_in_training import dropout, keras_side, make_port, torch_side

SHAPE = (9, 5)


def checked(candidate, training=True):
    port = make_port(keras_side(dropout(), SHAPE), torch_side(candidate), SHAPE)
    checker = Checker(port, port.load_inputs(None, 1, 3), Selection(training=training))
    ((pair, config, _),) = checker.cases()
    return LayerCases(checker).run(pair, config, ("isolated",))


def test_a_layer_is_checked_in_training_mode_too():
    result = checked(lambda: nn.Dropout(0.3))
    assert [case.verdict.passes for case in result.cases.values()] == [True]
    assert result.training.mode == "training"
    assert result.training.verdict.passes


def test_a_mistake_in_training_mode_alone_is_seen():
    result = checked(nn.Identity)
    assert result.cases["isolated"].verdict.passes
    assert not result.training.verdict.passes


def test_training_mode_that_was_not_asked_for_is_only_named():
    assert isinstance(checked(lambda: nn.Dropout(0.3), training=False).training, EvaluationOnly)


def test_a_layer_that_cannot_be_run_is_not_tried_in_training_mode():
    result = checked(lambda: 1 / 0)
    assert result.cases["isolated"].verdict is Verdict.NOT_COMPARED
    assert result.training is None
