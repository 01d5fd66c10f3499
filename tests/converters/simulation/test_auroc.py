import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from converters.simulation.auroc import attainable, auroc

scored = st.lists(
    st.tuples(st.integers(-3, 3).map(float), st.floats(0, 1)), min_size=2, max_size=25
)


def by_pairs(score, one):
    right = pairs = 0.0
    for i in range(len(score)):
        for j in range(len(score)):
            if i != j:
                weight = one[i] * (1 - one[j])
                pairs += weight
                right += weight * ((score[i] > score[j]) + 0.5 * (score[i] == score[j]))
    return right, pairs


@given(scored)
def test_it_is_the_sum_over_pairs(drawn):
    score, one = map(np.array, zip(*drawn, strict=True))
    right, pairs = by_pairs(score, one)
    if pairs > 1e-6:
        np.testing.assert_allclose(auroc(score, one), right / pairs, rtol=1e-6, atol=1e-9)


@given(st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=2, max_size=40))
def test_of_labels_it_is_scikit_learns(drawn):
    from sklearn.metrics import roc_auc_score

    score, label = map(np.array, zip(*drawn, strict=True))
    if len(set(label.tolist())) == 2:
        np.testing.assert_allclose(auroc(score, label * 1.0), roc_auc_score(label, score))
    else:
        assert np.isnan(auroc(score, label * 1.0))


def test_what_is_expected_is_the_mean_of_what_is_drawn():
    random = np.random.default_rng(0)
    p = 1 / (1 + np.exp(-2 * random.standard_normal(2000)))
    draws = [auroc(p, (random.random(2000) < p).astype(np.float64)) for _ in range(300)]
    told = attainable(p, (random.random(2000) < p).astype(int))
    assert abs(np.mean(draws) - told.expected) < 4 * told.deviation / np.sqrt(300)
    assert abs(np.std(draws) / told.deviation - 1) < 0.25
    assert abs(told.drawn - told.expected) < 4 * told.deviation
    # Another score is expected to do worse.
    assert auroc(p + 0.2 * random.standard_normal(2000), p) < told.expected - 0.005
