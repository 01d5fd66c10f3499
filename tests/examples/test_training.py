"""Example of a training: the right port passes, its twin with the wrong momentum fails."""

import sys
from pathlib import Path

import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.registry import find
from parity.declaring.training import Course, split
from parity.judging.verdict import Verdict
from parity.train.lockstep import Lockstep
from parity.train.overfitting import describe_overfitting

FOLDER = Path(__file__).parents[2] / "examples" / "ports"


@pytest.fixture(autouse=True)
def _modules(monkeypatch):
    """A port's file is imported under its own name: not beyond the test."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", sys.modules)


def compare(name, steps, seed=1):
    port = find(str(FOLDER / f"{name}.py"))
    trained, held_out = split(port.load_inputs(None, seed, 40), 0.2, seed)
    return Lockstep(port.trainings[0], Course(trained, held_out, steps, 8, seed)).run()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_right_port_trains_alike_and_both_overfit(seed):
    found = compare("conv_net_training", 40, seed)
    assert found.verdict is Verdict.EQUIVALENT, found.divergence
    assert describe_overfitting(found.evaluations).startswith("the model overfits on both sides")


@pytest.mark.slow
def test_the_other_momentum_shows_in_the_first_step():
    found = compare("conv_net_training_wrong", 2)
    assert (found.verdict, found.divergence.step) == (Verdict.DIFFERENT, 1)
    assert {f.name for f in found.divergence.comparisons} == {
        "weight/norm/moving_mean",
        "weight/norm/moving_variance",
    }
    cause = str(found.divergence.root_cause)
    assert "running statistics keep 0.01 of their value in the candidate, 0.99 in the ref" in cause


def test_layer_by_layer_nothing_is_wrong_with_it():
    port = find(str(FOLDER / "conv_net_training_wrong.py"))
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection(gradients=True))
    cases = [checker.run(p, c, mode) for p, c, modes in checker.cases() for mode in modes]
    assert cases
    assert all(case.verdict.passes for case in cases)
