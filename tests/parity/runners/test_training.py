"""One side of a training, step by step: what it must return, and how its errors are reported."""

from dataclasses import replace

import numpy as np
import pytest

from parity.declaring.inputs import draw_weights
from parity.declaring.training import Course, Learner, TrainingSide
from parity.errors import SideFailedError, StructureError
from parity.runners.training import StepResult, TrainingRun
from tests.parity.numpy_training import TRAINED, WEIGHTS, load, make

DRAWN = draw_weights(WEIGHTS, 1)
COURSE = Course(load(None, 1, 8), None, 5, 4, 1)


def run(change=lambda learner: learner, dtype="float64"):
    training = make()
    build = training.candidate.build
    side = TrainingSide("numpy", lambda options, dtype: change(build(options, dtype)))
    return TrainingRun(replace(training, candidate=side), "candidate", dtype, DRAWN)


def batch(number=1):
    return COURSE.batch(number, make())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_gives_loss_gradients_and_weights_in_the_dtype_of_the_run(dtype):
    result = run(dtype=dtype).step(batch())
    assert {array.dtype.name for array in result.named().values()} == {dtype}
    assert result.loss.shape == ()
    assert result.without_gradient == {"center"}
    assert not result.gradients["center"].any()
    assert all(result.gradients[name].any() for name in TRAINED)


def test_results_are_named_in_the_order_of_a_step():
    names = list(StepResult(np.zeros(()), {"w": DRAWN["center"]}, {"w": DRAWN["center"]}).named())
    assert names == ["loss", "gradient/w", "weight/w"]


@pytest.mark.parametrize("with_reset", [True, False])
def test_a_restarted_run_repeats_itself(with_reset):
    one = run() if with_reset else run(lambda learner: replace(learner, reset=None))
    first = one.step(batch()).named()
    one.step(batch(2))
    one.restart(DRAWN)
    for name, array in one.step(batch()).named().items():
        np.testing.assert_array_equal(array, first[name])


def test_a_perturbed_run_starts_an_ulp_away():
    one, other = run(), run()
    other.perturb(1)
    ours, theirs = one.step(batch()).weights, other.step(batch()).weights
    gap = np.abs(ours["hidden/kernel"] - theirs["hidden/kernel"]).max()
    assert 0 < gap < 1e-13


def test_there_may_be_no_evaluation():
    assert run(lambda learner: replace(learner, evaluate=None)).evaluate(COURSE.records.arrays) is (
        None
    )


def stepping(step):
    return lambda learner: Learner(step, learner.parameters)


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (
            lambda batch: (np.zeros(2), {}),
            StructureError,
            r"loss is float64 \(2,\), expected",
        ),
        (lambda batch: (np.float32(1), {}), StructureError, "loss is float32"),
        (
            lambda batch: (np.float64(1), {"other": np.zeros(1)}),
            StructureError,
            "a gradient of 'other', which is not among its parameters",
        ),
        (lambda batch: 1 / 0, SideFailedError, "the candidate failed in float64 at step 1: Zero"),
    ],
)
def test_what_a_step_may_not_do(step, error, message):
    with pytest.raises(error, match=message):
        run(stepping(step)).step(batch())


def test_a_failure_before_the_first_step_is_one_at_the_start():
    def failing(learner):
        raise ZeroDivisionError

    with pytest.raises(SideFailedError, match="at its start"):
        run(failing)
