import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.analysis.coevolution.weights import identity_weights, kish, model_weights


@given(
    st.integers(0, 999),
    st.integers(1, 150),
    st.sampled_from([0.1, 0.5, 0.62, 0.8, 0.9, 1.0]),
)
@settings(max_examples=40)
def test_it_counts_who_is_alike(seed, length, threshold):
    random = np.random.default_rng(seed)
    codes = random.integers(0, 21, (30, length))
    # Copies, from exact to far, so that every count of differences comes up.
    for row in range(10, 30):
        codes[row] = codes[row % 10]
        changed = random.random(length) < random.random() / 2
        codes[row, changed] = random.integers(0, 21, changed.sum())
    same = (codes[:, None] == codes[None]).sum(2)
    alike = (same >= threshold * length - 1e-9).sum(1)
    np.testing.assert_array_equal(identity_weights(codes, threshold), 1 / alike)


def test_a_bound_that_is_met_counts_as_alike():
    codes = np.zeros((2, 10), int)
    codes[1, :2] = 1
    assert identity_weights(codes, 0.8).tolist() == [0.5, 0.5]
    codes[1, 2] = 1
    assert identity_weights(codes, 0.8).tolist() == [1, 1]


def test_more_sequences_than_are_compared_at_a_time(monkeypatch):
    codes = np.random.default_rng(0).integers(0, 2, (60, 20))
    expected = identity_weights(codes, 0.7)
    monkeypatch.setattr("pt_gmvp.analysis.coevolution.weights._TOGETHER", 7)
    seen: list[int] = []
    assert (identity_weights(codes, 0.7, advance=seen.append) == expected).all()
    assert sum(seen) == 60


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_a_threshold_that_is_none(threshold):
    with pytest.raises(InputError, match="expected a fraction above 0 and at most 1"):
        identity_weights([[0]], threshold)


def test_a_model_gives_its_species_weights_and_norm(small, tmp_path):
    model = small(seed=3, pairwise_norm="paper")
    model.save_pretrained(tmp_path)
    weights, norm = model_weights(tmp_path, 200)
    expected = model.evol_encoder.species_weights[0].softmax(-1)
    np.testing.assert_array_equal(weights, expected.detach().numpy())
    assert norm == "paper"
    assert kish(weights) < 200
    with pytest.raises(
        InputError, match="the model has weights for 200 species, but the alignment has 7"
    ):
        model_weights(tmp_path, 7)


def test_a_model_that_weighs_all_alike(small, tmp_path):
    small(weighting_schema="none").save_pretrained(tmp_path)
    weights, norm = model_weights(tmp_path, 200)
    assert weights.tolist() == [1 / 200] * 200
    assert norm == "released"
    assert kish(weights) == pytest.approx(200)
