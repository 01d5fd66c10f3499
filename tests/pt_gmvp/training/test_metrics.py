import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from legacy_tf import metrics as reference
from pt_gmvp.training import metrics

scored = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=30)


@given(scored)
def test_the_metrics_are_the_references(rows):
    labels, scores = map(np.array, zip(*rows, strict=True))
    ours = metrics.evaluate(labels, scores.astype(np.float32))
    theirs = reference.evaluate(labels, scores.astype(np.float32))
    assert tuple(ours) == metrics.NAMES == tuple(theirs)
    np.testing.assert_array_equal(list(ours.values()), list(theirs.values()))


def test_scores_that_are_nan_have_no_metrics():
    found = metrics.evaluate(np.array([0, 1, 1]), np.array([0.1, math.nan, 0.3]))
    assert all(math.isnan(value) for value in found.values())
