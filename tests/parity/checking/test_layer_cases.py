"""A layer in a configuration: its modes, then training mode if the layer could be run."""

import sys

import pytest
from torch import nn

from parity import layouts, models
from parity.checking.checker import Checker
from parity.checking.layer_cases import LayerCases
from parity.checking.selection import Selection
from parity.checking.training_runs import EvaluationOnly
from parity.declaring.model_inputs import Input
from parity.declaring.model_sides import Layer
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


SOURCE = """
import torch
from tf_keras import Sequential, layers
from torch import nn

made = []

def reference():
    made.append("reference")
    return Sequential([layers.Dense(4, name="a"), layers.Dense(3, name="b")])

class Linear(nn.Linear):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x) * self.calls

class Net(nn.Module):
    def __init__(self, linear=nn.Linear):
        super().__init__()
        made.append("candidate")
        self.a, self.b = linear(5, 4), linear(4, 3)

    def forward(self, x):
        return self.b(self.a(x))

def keeping():
    return Net(Linear)
"""


@pytest.mark.parametrize(("candidate", "count"), [("Net", 5), ("keeping", 8)])
def test_layers_of_two_models_share_them_unless_they_keep_something(
    tmp_path, monkeypatch, candidate, count
):
    (tmp_path / "nets_to_share.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    port = models.port(
        "mine", "nets_to_share:reference", f"nets_to_share:{candidate}", beside=str(tmp_path / "p"),
        inputs={"x": Input((5,))}, layers=[Layer("a", "a"), Layer("b", "b")],
        weights=(*layouts.dense("a", "a", 5, 4), *layouts.dense("b", "b", 4, 3)),
    )  # fmt: skip
    checker = Checker(port, port.load_inputs(None, 1, 3), Selection())
    cases = LayerCases(checker)
    found = [cases.run(pair, config, modes) for pair, config, modes in checker.cases()]
    assert all(case.verdict.passes for layer in found for case in layer.cases.values())
    made = sys.modules.pop("nets_to_share").made
    # Two for the layers, two for the whole model, and one that tells whether training matters.
    assert made.count("candidate") == count
