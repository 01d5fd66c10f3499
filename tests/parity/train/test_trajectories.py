"""Both sides run again: sampled elements, and the reference at the candidate's weights."""

import numpy as np

from parity.declaring.inputs import draw_weights
from parity.declaring.training import Course
from parity.train.trajectories import KEPT, run_again
from tests.parity.numpy_training import WEIGHTS, load, make


def again(bug="", diverged=1):
    course = Course(load(None, 1, 16), None, 3, 4, 1)
    return run_again(make(bug), course, draw_weights(WEIGHTS, 1), diverged)


def test_a_right_candidate_has_the_references_losses_and_gradients():
    given = again()
    assert given.steps == 24
    np.testing.assert_allclose(given.forced.losses, given.candidate.losses, rtol=1e-12)
    np.testing.assert_allclose(given.reference.losses, given.candidate.losses, rtol=1e-9)
    assert len(given.candidate.whole) == KEPT
    assert given.candidate.without_gradient == {"center"}


def test_the_forced_reference_follows_a_wrong_candidate():
    given = again("decay times the rate", diverged=20)
    assert given.steps == 32
    np.testing.assert_allclose(given.forced.losses, given.candidate.losses, rtol=1e-12)
    assert not np.allclose(given.reference.losses, given.candidate.losses, rtol=1e-6)


def test_a_record_of_some_weights():
    given = again()
    record = given.record(given.candidate, ["hidden/kernel", "out/kernel"])
    assert record.gradients.shape == (24, 24)
    assert record.weights.shape == (25, 24)
    np.testing.assert_array_equal(record.matrices, [True, False])
    np.testing.assert_array_equal(given.candidate.moved("out/kernel"), np.ones(24, bool))
