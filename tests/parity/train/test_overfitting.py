"""Overfitting: which side overfits, in one sentence."""

import pytest

from parity.declaring.training import Course, split
from parity.train.drift import RUNS
from parity.train.lockstep import Evaluation, Lockstep
from parity.train.overfitting import describe_overfitting, held_out_loss
from tests.parity.numpy_training import load, make

RISES, FALLS = (2.0, 1.0, 3.0), (3.0, 2.0, 1.0)


def evaluations(reference, candidate, training=FALLS):
    """Return evaluations after steps 0, 5 and 10, with these held-out losses of the sides."""
    return [
        Evaluation(
            5 * place,
            dict.fromkeys(RUNS, training[place]),
            {run: (reference if run[0] == "r" else candidate)[place] for run in RUNS},
        )
        for place in range(3)
    ]


@pytest.mark.parametrize(
    ("reference", "candidate", "training", "said"),
    [
        (
            RISES,
            RISES,
            FALLS,
            "the model overfits on both sides: the held-out loss is lowest",
        ),
        (RISES, FALLS, FALLS, "only the reference overfits: the held-out loss ends at 3 in the"),
        (FALLS, RISES, FALLS, "only the candidate overfits: the held-out loss ends at 1 in the"),
        (RISES, RISES, RISES, "the held-out loss rises from 1 after step 5 to 3, and so does the"),
        (FALLS, FALLS, FALLS, "the held-out loss falls to the end, to 1 in the reference and 1 in"),
    ],
)
def test_which_side_overfits(reference, candidate, training, said):
    assert describe_overfitting(evaluations(reference, candidate, training)).startswith(said)


def test_a_loss_that_rises_from_the_start():
    said = describe_overfitting(evaluations((1.0, 2.0, 3.0), (1.0, 2.0, 3.0)))
    assert "is lowest before the first step (1) and rises to 3 in the reference" in said


def test_nothing_held_out():
    bare = [Evaluation(0, dict.fromkeys(RUNS, 1.0), None)]
    assert held_out_loss(bare, "reference32") is None
    assert describe_overfitting(bare) == ""


def test_a_net_that_memorizes_overfits_on_both_sides():
    trained, held_out = split(load(None, 1, 10), 0.5, 1)
    found = Lockstep(make(), Course(trained, held_out, 400, 5, 1)).run()
    assert found.verdict.passes
    said = describe_overfitting(found.evaluations)
    assert said.startswith("the model overfits on both sides: the held-out loss")


def test_a_net_that_can_generalize_does_not():
    trained, held_out = split(load("easy", 1, 200), 0.2, 1)
    found = Lockstep(make(), Course(trained, held_out, 60, 40, 1)).run()
    assert found.verdict.passes
    assert describe_overfitting(found.evaluations).endswith("no overfitting within these steps")
