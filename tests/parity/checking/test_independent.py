"""Two mistakes in one model are found as two, and one mistake as one."""

from dataclasses import replace
from textwrap import dedent, indent

import pytest

from parity import layouts, models
from parity.checking.checker import Checker
from parity.checking.independent import at_divergence, find_independent
from parity.checking.selection import Selection
from parity.errors import ParityError
from parity.runners.side import run_side

REFERENCE = """
import tensorflow as tf
from tf_keras import layers

class Net(layers.Layer):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = layers.Dense(4), layers.Dense(4), layers.Dense(3)

    def call(self, x):
        x = self.b(tf.nn.relu(self.a(x)))
        return tf.nn.softmax(self.c(tf.tanh(x)), axis=-1)
"""
CANDIDATE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(5, 4), nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
{body}
"""
RIGHT = """
x = self.b(torch.relu(self.a(x)))
return torch.softmax(self.c(torch.tanh(x)), dim=-1)
"""


@pytest.fixture
def checked(tmp_path):
    def run(old="", new=""):
        (tmp_path / "reference.py").write_text(REFERENCE)
        body = indent(dedent(RIGHT.strip().replace(old, new) if old else RIGHT.strip()), " " * 8)
        name = "candidate.py"
        (tmp_path / name).write_text(CANDIDATE.format(body=body))
        port = models.port(
            "toy",
            "reference.py:Net",
            f"{name}:Net",
            beside=str(tmp_path / "port.py"),
            inputs={"x": models.Input((6, 5))},
            weights=(
                *layouts.dense("a", "a", 5, 4),
                *layouts.dense("b", "b", 4, 4),
                *layouts.dense("c", "c", 4, 3),
            ),
            layers=tuple(models.Layer(layer, layer) for layer in "abc"),
        )
        pair = port.pair("model")
        checker = Checker(port, port.load_inputs(None, 1, 3), Selection())
        return checker, pair, checker.run(pair, pair.configs[0], "isolated")

    return run


def test_a_right_model_has_none(checked):
    _, _, case = checked()
    assert case.verdict.passes
    assert case.independent == ()


def test_one_mistake_is_one_divergence_though_all_after_it_differ(checked):
    _, _, case = checked("torch.relu", "torch.sigmoid")
    failing = [output.name for output in case.outputs if not output.verdict.passes]
    assert len(failing) > 3
    assert case.independent == ("b/input",)


def test_each_of_several_mistakes_is_found(checked):
    checker, pair, case = checked("torch.tanh(x)), dim=-1", "torch.sin(x)), dim=1")
    assert case.independent == ("c/input", "output")
    task = checker.task(pair, pair.configs[0])
    for name in case.independent:
        alone = at_divergence(pair, name)
        sides = [run_side(alone, role, task, "float64") for role in ("reference", "candidate")]
        assert [list(side.outputs) for side in sides] == [[name], [name]]
        assert abs(sides[0].outputs[name] - sides[1].outputs[name]).max() > 1e-3


def test_a_pair_that_cannot_be_run_in_place_has_none(checked):
    checker, pair, case = checked("torch.relu", "torch.sigmoid")
    pair = replace(pair, in_place=None)
    runs = checker.runs(pair, pair.configs[0])
    assert find_independent(pair, runs, list(case.outputs)) == ()
    with pytest.raises(ParityError, match="cannot be run with the reference's outputs inside it"):
        at_divergence(pair, "output")


def test_nothing_is_claimed_where_a_layer_cannot_return_the_references_output(checked):
    twice = "torch.relu(self.a(x)) + 0 * self.a(x)"
    _, _, case = checked("torch.relu(self.a(x))", twice.replace("relu", "sigmoid"))
    assert not case.verdict.passes
    assert case.independent == ()
