"""ULP-perturbed runs: one ulp before each step, by number, and their distance from the truth."""

import numpy as np
import pytest

from parity.declaring.inputs import draw_weights
from parity.declaring.training import Course
from parity.runners.training import TrainingRun
from parity.train.drift import Spread
from parity.train.ulp_perturbed import PerturbedRuns
from tests.parity.numpy_training import WEIGHTS, load, make

WEIGHTS_DRAWN = draw_weights(WEIGHTS, 1)


@pytest.fixture
def course():
    return Course(load(None, 1, 8), None, 5, 4, 1)


@pytest.fixture
def perturbed(course):
    return PerturbedRuns(make(), course, WEIGHTS_DRAWN)


def truth_after(course, steps):
    run = TrainingRun(make(), "reference", "float64", WEIGHTS_DRAWN)
    for number in range(1, steps + 1):
        result = run.step(course.batch(number, make()))
    return result.named()


def test_correct_runs_are_apart_by_rounding_in_either_precision(perturbed, course):
    truth = truth_after(course, 3)
    spreads = perturbed.spreads(3, truth)
    assert spreads.keys() == truth.keys()
    assert spreads.pop("gradient/center") == Spread()  # it has no gradient
    for name, spread in spreads.items():
        scale = np.abs(truth[name]).max()
        assert 0 < spread.float64 < 1e-13 * max(scale, 1e-3), name
        assert 0 < spread.float32 < 1e-4 * max(scale, 1e-3), name
        assert spread.float64 < spread.float32


def test_the_same_spreads_again(perturbed, course):
    truth = truth_after(course, 2)
    assert perturbed.spreads(2, truth) == perturbed.spreads(2, truth)


def test_evaluation_is_included_where_the_truth_has_it(perturbed, course):
    truth = truth_after(course, 1)
    loss = np.array(
        TrainingRun(make(), "reference", "float64", WEIGHTS_DRAWN).evaluate(course.records.arrays)
    )
    spreads = perturbed.spreads(1, {**truth, "evaluation/training": loss})
    assert spreads["evaluation/training"].float32 > 0


def test_a_started_run_is_not_perturbed_and_begins_anew(perturbed, course):
    truth = truth_after(course, 1)
    perturbed.spreads(1, truth)
    for _ in range(2):
        found = perturbed.start("float64").step(course.batch(1, make())).named()
        assert all(np.array_equal(found[name], truth[name]) for name in truth)
