import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy_tf import metrics as reference
from pt_gmvp.training.validation import RANKINGS, evaluate, probabilities, rank

scored = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=30)


@given(scored)
def test_the_metrics_are_the_references(rows):
    labels, scores = map(np.array, zip(*rows, strict=True))
    ours = rank(labels, scores.astype(np.float32))
    theirs = reference.evaluate(labels, scores.astype(np.float32))
    assert tuple(ours) == RANKINGS == tuple(theirs)
    np.testing.assert_array_equal(list(ours.values()), list(theirs.values()))


def test_scores_that_are_nan_have_no_metrics():
    found = rank(np.array([0, 1, 1]), np.array([0.1, math.nan, 0.3]))
    assert all(math.isnan(value) for value in found.values())


def test_the_loss_is_of_logits_and_the_rankings_are_of_probabilities():
    random = np.random.default_rng(3)
    logits = random.normal(0, 2, 50).astype(np.float32)
    labels = (random.random(50) < 0.5).astype(np.float32)
    found = evaluate(logits, labels)
    exact = logits.astype(np.float64)
    expected = np.mean(np.logaddexp(0, np.where(labels == 1, -exact, exact)))
    assert found.pop("loss") == pytest.approx(expected, rel=1e-12)
    assert found == rank(labels, probabilities(logits))
