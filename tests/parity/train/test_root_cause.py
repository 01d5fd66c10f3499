"""Root causes: what each planted difference of a step is explained by, and when nothing is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.declaring.training import Course
from parity.runners.training import StepResult
from parity.train.drift import RUNS, QuantityComparison
from parity.train.root_cause import Evidence, find_root_cause, shorten
from tests.parity.numpy_training import load, make

RANDOM = np.random.default_rng(1)
WEIGHT, GRADIENT = RANDOM.normal(size=40), RANDOM.normal(size=40)
UPDATE = -0.01 * GRADIENT


def comparison(name, **fields):
    start = QuantityComparison(name, 1.0, 1.0, 1.0, 1e-8, 1.0, 1e-15, 1e-7)
    return replace(start, **fields)


def evidence(update=UPDATE, gradient=GRADIENT, loss=1.0, step=1, last=None, still=()):
    """Return a step of two weights, w and v, of which the candidate's w is as given."""
    last = np.zeros(40) if last is None else last
    still = frozenset(still)

    def moment(loss, gradient, weight):
        both = {"w": weight, "v": WEIGHT + UPDATE}
        return StepResult(np.array(loss), {"w": gradient, "v": GRADIENT}, both, still)

    before = {
        run: StepResult(np.array(1.0), {"w": last}, {"w": WEIGHT, "v": WEIGHT}) for run in RUNS
    }
    after = {run: moment(1.0, GRADIENT, WEIGHT + UPDATE) for run in RUNS}
    after["candidate64"] = moment(loss, gradient, WEIGHT + update)
    course = Course(load(None, 1, 8), None, 1, 4, 1)
    return Evidence(course, make(), step, before, after, None)


def test_a_structure_error_comes_first():
    failing = [comparison("loss"), comparison("gradient/w", structure_error="NaN in float64")]
    assert find_root_cause("loss", failing, evidence()) == "NaN in float64, first in gradient/w"


def test_a_reference_that_computes_something_else_in_float64():
    own = {"difference32": 0.0, "reference_error": 0.5, "difference64": 0.51}
    failing = [comparison("weight/w", **own)]
    assert "the reference itself computes something else" in find_root_cause(
        "weight", failing, evidence()
    )
    both = [*failing, comparison("weight/v")]
    assert "the reference itself" not in find_root_cause("weight", both, evidence())
    assert find_root_cause("loss", [comparison("loss", **own)], evidence()).startswith(
        "the sides agree on the loss in float32 but not in float64"
    )


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (4.0, "4 times the reference's: a sum over the batch in the candidate"),
        (0.25, "0.25 times the reference's: a mean over the batch in the candidate"),
    ],
)
def test_a_sum_for_a_mean(loss, words):
    assert words in find_root_cause("loss", [comparison("loss")], evidence(loss=loss))


def test_masks_are_tried_on_the_reference(monkeypatch):
    losses = iter([2.0, 3.0])
    monkeypatch.setattr("parity.train.root_cause._reference_loss", lambda *_: next(losses))
    found = find_root_cause("loss", [comparison("loss")], evidence(loss=3.0))
    assert found == (
        "with the masks' first axis in the order 0, 2, 1, the reference has the candidate's "
        "loss: check the masks"
    )
    monkeypatch.setattr("parity.train.root_cause._reference_loss", lambda *_: 2.0)
    found = find_root_cause("loss", [comparison("loss")], evidence(loss=3.0))
    assert found.startswith("the loss itself differs")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gradient": 0 * GRADIENT}, "the candidate's gradient of w is zero"),
        ({"gradient": 2.5 * GRADIENT}, "gradient of w is 2.5 times the reference's"),
        (
            {"gradient": GRADIENT + WEIGHT, "last": WEIGHT, "step": 2},
            "are they set to zero between steps?",
        ),
        ({"gradient": GRADIENT + WEIGHT, "last": WEIGHT}, "but not the gradient of w: check its"),
        ({"gradient": GRADIENT[::-1].copy()}, "but not the gradient of w: check its backward"),
    ],
)
def test_gradients(change, words):
    found = find_root_cause("gradient", [comparison("gradient/w")], evidence(**change))
    assert found.startswith(("the loss agrees, but", "the candidate's gradients are the sum"))
    assert words in found


@pytest.mark.parametrize(
    ("update", "words"),
    [
        (1.5 * UPDATE, "update is 1.5 times the reference's: check the learning rate"),
        (
            1.5 * UPDATE + 0.125 * WEIGHT,
            "1.5 times the reference's, plus +0.125 of the weight itself: check the learning rate",
        ),
        (
            UPDATE - 0.25 * WEIGHT,
            "plus -0.25 of the weight itself: check the weight decay",
        ),
        (UPDATE * (1 + 1e-8), "relative error of 1.0e-08: the learning rate, or another number"),
        (0 * UPDATE, "the candidate leaves w unchanged: was it passed to the optimizer?"),
        (
            UPDATE * (1 + 1e-3 / np.abs(GRADIENT) ** 3),
            "the smaller the gradient, the larger the difference: check the optimizer's",
        ),
        (
            UPDATE * RANDOM.uniform(0.5, 1.5, 40),
            "not the update of w: check the optimizer's rule",
        ),
    ],
)
def test_updates(update, words):
    found = find_root_cause("weight", [comparison("weight/w")], evidence(update))
    assert found.startswith("the loss and the gradients agree, but not the update of w")
    assert words in found


def test_running_statistics():
    failing = [comparison("weight/w")]
    found = find_root_cause("weight", failing, evidence(9 * UPDATE, still=["w"]))
    assert "the candidate's update is 9 times the reference's: check the momentum" in found
    found = find_root_cause("weight", failing, evidence(UPDATE**2, still=["w"]))
    assert found.endswith("check their momentum, and whether the variance is the unbiased one")


def test_evaluation():
    found = find_root_cause("evaluation", [comparison("evaluation/training")], evidence())
    assert "is the mode changed (dropout off" in found


def test_nan_on_both_sides_explains_nothing():
    gradient = GRADIENT.copy()
    gradient[3] = np.nan
    held = evidence(gradient=2 * gradient)
    for run in RUNS[:3]:
        held.after[run].gradients["w"] = gradient
    found = find_root_cause("gradient", [comparison("gradient/w")], held)
    assert "is 2 times the reference's" in found


@given(factor=st.floats(0.01, 100).filter(lambda x: abs(x - 1) > 1e-3))
def test_any_factor_of_the_learning_rate_is_found(factor):
    found = find_root_cause("weight", [comparison("weight/w")], evidence(factor * UPDATE))
    assert f"update is {factor:.6g} times the reference's: check the learning rate" in found


def test_shorten():
    assert shorten(["a", "b"]) == "a, b"
    assert shorten(list("abcde")) == "a, b, c and 2 more"
