"""Steps run as a layer's: the same numbers as in training, from the first call on."""

from dataclasses import replace

import numpy as np
import pytest

from parity.declaring.inputs import draw_weights
from parity.declaring.trace import Task
from parity.declaring.training import Course, Training
from parity.errors import ParityError
from parity.runners.side import run_side
from parity.runners.training import TrainingRun
from parity.train.step_pair import batches, evaluation_pair, step_pair, updates_pair
from tests.parity.train.torch_training import DENSE, by, drawn, side

WEIGHTS = draw_weights(DENSE, 1)
COURSE = Course(drawn(), None, 3, 8, 1)


def momentum(parameters):
    from torch.optim import SGD

    return SGD(parameters, 0.0625, momentum=0.5)


@pytest.fixture
def training():
    recipe = side(by(momentum))
    return Training("rule", recipe(False), recipe(True), lambda options: DENSE)


def task(inputs):
    return Task({}, inputs, WEIGHTS, DENSE, (), 1)


@pytest.mark.parametrize("role", ["reference", "candidate"])
def test_a_step_gives_loss_and_gradients_in_the_layout_of_the_reference(training, role):
    batch = COURSE.batch(1, training)
    taken = TrainingRun(training, role, "float64", WEIGHTS).step(batch)
    found = run_side(step_pair(training), role, task(batch), "float64").outputs
    assert list(found) == ["loss", *(f"gradient/{weight.name}" for weight in DENSE)]
    assert found["loss"] == taken.loss
    for name, gradient in taken.gradients.items():
        np.testing.assert_array_equal(found[f"gradient/{name}"], gradient)


def test_the_loss_alone(training):
    pair = step_pair(training, gradients=False)
    found = run_side(pair, "candidate", task(COURSE.batch(1, training)), "float64")
    assert list(found.outputs) == ["loss"]


@pytest.mark.parametrize("role", ["reference", "candidate"])
def test_updates_are_those_of_training_however_often_they_are_called(training, role):
    run = TrainingRun(training, role, "float64", WEIGHTS)
    taken = [run.step(COURSE.batch(step, training)).weights for step in (1, 2, 3)]
    pair = updates_pair(training, 3)
    own = pair.reference if role == "reference" else pair.candidate
    built = own.build({}, "float64")
    kept = replace(own, build=lambda options, dtype: built)
    reference = role == "reference"
    pair = replace(pair, reference=kept) if reference else replace(pair, candidate=kept)
    for _ in range(2):
        found = run_side(pair, role, task(batches(training, COURSE, 3)), "float64").outputs
        for step, weights in enumerate(taken, start=1):
            for name, array in weights.items():
                np.testing.assert_array_equal(found[f"after step {step}/{name}"], array)


def test_the_loss_in_evaluation(training):
    records = COURSE.records.arrays
    found = run_side(evaluation_pair(training), "candidate", task(records), "float64").outputs
    run = TrainingRun(training, "candidate", "float64", WEIGHTS)
    assert found["loss"] == run.evaluate(records)


def test_a_side_without_a_loss_in_evaluation(training):
    built = training.candidate.build

    def build(options, dtype):
        return replace(built(options, dtype), evaluate=None)

    without = replace(training, candidate=replace(training.candidate, build=build))
    with pytest.raises(ParityError, match="no loss in evaluation"):
        run_side(evaluation_pair(without), "candidate", task(COURSE.records.arrays), "float64")
