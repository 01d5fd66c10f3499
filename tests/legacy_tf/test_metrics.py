import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legacy_tf import metrics

scored = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=30)


def test_the_metrics_of_a_perfect_ranking():
    found = metrics.evaluate(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4]))
    assert (found["auroc"], found["aupr"]) == (1, 1)
    assert found["mann_whitney_p"] == pytest.approx(1 / 3)
    assert found["spearman"] == pytest.approx(2 / math.sqrt(5))


def test_aupr_is_the_trapezoid_and_not_the_average_precision():
    found = metrics.evaluate(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1]))
    # Recall 0 to 1/2 at precision 1, then from 1/2 (at recall 1/2) to 2/3 (at recall 1).
    assert found["aupr"] == pytest.approx(0.5 + 0.5 * (1 / 2 + 2 / 3) / 2)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(scored)
def test_auroc_counts_the_pairs_in_the_right_order(rows):
    labels, scores = map(np.array, zip(*rows, strict=True))
    found = metrics.evaluate(labels, scores.astype(np.float32))
    pairs = scores[labels == 1][:, np.newaxis] - scores[labels == 0]
    if pairs.size:
        assert found["auroc"] == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
        assert math.isnan(found["spearman"]) == (len(set(scores)) == 1)
    else:
        assert all(math.isnan(value) for value in found.values())
