"""Properties of positions: rates, preferences and coupled pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.columns import CENTER
from converters.residues import AMINO_ACIDS
from converters.simulation.sites import NEAREST, draw_pairs, draw_sites, pick, smooth


@given(st.integers(0, 1 << 30), st.integers(2, 400))
def test_pairs_are_disjoint_and_within_a_window(seed, length):
    pairs = draw_pairs(np.random.default_rng(seed), length)
    apart = pairs[:, 1] - pairs[:, 0]
    assert len(set(pairs.ravel().tolist())) == pairs.size
    assert len(pairs) <= length // 8
    assert ((apart >= NEAREST) & (apart <= CENTER)).all()
    assert (pairs >= 1).all()
    assert (pairs < length).all()


@pytest.fixture(scope="module")
def sites():
    return draw_sites(np.random.default_rng(4), 500)


def test_preferences_are_distributions(sites):
    np.testing.assert_allclose(sites.preference.sum(1), 1)
    np.testing.assert_allclose(sites.conditional.sum(2), 1)
    assert (sites.preference[0] == np.eye(20)[AMINO_ACIDS.index("M")]).all()


def test_a_coupled_pair_has_one_rate(sites):
    first, second = sites.pairs.T
    assert len(sites.pairs) > 20
    assert (sites.rate[first] == sites.rate[second]).all()
    assert (sites.rate[sites.pairs] >= np.sqrt(0.1)).all()
    assert (sites.rate > 0).all()


def test_slow_positions_have_strong_preferences(sites):
    entropy = -(sites.preference * np.log(np.maximum(sites.preference, 1e-300))).sum(1)
    apart = np.setdiff1d(np.arange(1, 500), sites.pairs)
    slow = sites.rate[apart] < np.median(sites.rate[apart])
    assert entropy[apart][slow].mean() < entropy[apart][~slow].mean()


@given(st.integers(0, 99), st.sampled_from([1, 3, 9, 25]), st.integers(30, 200))
def test_smoothing_keeps_the_length_and_wraps_around(seed, width, length):
    values = np.random.default_rng(seed).standard_normal(length)
    found = smooth(values, width)
    assert found.shape == values.shape
    np.testing.assert_allclose(smooth(np.roll(values, 7), width), np.roll(found, 7))


def test_smoothing_keeps_the_deviation_of_white_noise():
    noise = np.random.default_rng(0).standard_normal(100_000)
    assert abs(smooth(noise, 15).std() - 1) < 0.02
    assert smooth(np.ones(9), 9).tolist() == [3.0] * 9


def test_columns_are_drawn_by_their_probabilities():
    probabilities = np.tile([0.5, 0.0, 0.5, *[0.0] * 17], (20_000, 1))
    found = pick(np.random.default_rng(0), np.cumsum(probabilities, 1))
    assert set(found.tolist()) == {0, 2}
    assert abs((found == 0).mean() - 0.5) < 0.02
    sure = np.eye(20)
    assert pick(np.random.default_rng(0), np.cumsum(sure, 1)).tolist() == list(range(20))
