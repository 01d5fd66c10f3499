"""Joint sums of weights: both ways against plain counting, in chunks and in threads."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.analysis.coevolution.joint import multiplied, scattered
from pt_gmvp.analysis.coevolution.strength import (
    coevolution,
)

seeds = st.integers(0, 1000)


def drawn(seed: int, sequences: int = 40, length: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Codes of few states each, gaps among them, and weights of which some are 0."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 5, (sequences, length)) * random.integers(0, 6, length) % 21
    codes[random.random(codes.shape) < 0.1] = 20
    return codes, random.random(sequences) * (random.random(sequences) < 0.9)


def test_more_sequences_than_are_taken_at_a_time(monkeypatch):
    codes, weights = drawn(5, sequences=50)
    expected = coevolution(codes, weights)
    monkeypatch.setattr("pt_gmvp.analysis.coevolution.joint.SCATTERED_TOGETHER", 7)
    monkeypatch.setattr("pt_gmvp.analysis.coevolution.joint.MULTIPLIED_TOGETHER", 7)
    np.testing.assert_allclose(coevolution(codes, weights), expected, rtol=0, atol=1e-14)
    by_product = coevolution(codes, weights, method="product")
    np.testing.assert_allclose(by_product, expected, rtol=0, atol=2e-7)


@pytest.mark.parametrize("threads", [2, 5])
def test_the_number_of_threads_does_not_matter(threads):
    codes, weights = drawn(6)
    expected = coevolution(codes, weights)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert (coevolution(codes, weights) == expected).all()
    finally:
        torch.set_num_threads(before)


WAYS = (scattered, multiplied)
CPU = torch.device("cpu")


def counted(codes, weights, first, second):
    """The sums by their definition, one sequence at a time."""
    codes = codes.astype(int)
    one, other = codes[first], codes[second]
    sums = np.zeros((len(one), len(other), 21, 21))
    for i, slow in enumerate(one):
        for j, fast in enumerate(other):
            np.add.at(sums[i, j], (slow, fast), weights)
    return sums


@pytest.mark.parametrize("way", WAYS)
@given(seed=seeds, start=st.integers(0, 6))
@settings(max_examples=15)
def test_every_sum_is_that_of_counting(way, seed, start):
    codes, weights = drawn(seed)
    codes = np.ascontiguousarray(codes.T.astype(np.uint8))
    blocks = slice(start, 7), slice(0, 3)
    found = way(codes, weights, CPU)(*blocks)
    assert found.dtype == np.float64
    # Products are float32.
    bound = 1e-12 if way is scattered else 1e-5
    np.testing.assert_allclose(found, counted(codes, weights, *blocks), rtol=0, atol=bound)


@pytest.mark.parametrize("way", WAYS)
def test_without_weights_sums_are_exact_counts_and_of_all_sequences(way):
    codes = np.ascontiguousarray(drawn(1)[0].T.astype(np.uint8))
    ones = np.ones(codes.shape[1])
    found = way(codes, ones, CPU)(slice(0, 7), slice(0, 7))
    assert (found == counted(codes, ones, slice(0, 7), slice(0, 7))).all()
    assert (found.sum((2, 3)) == len(ones)).all()
    assert (found == found.transpose(1, 0, 3, 2)).all()


@pytest.mark.parametrize("way", WAYS)
def test_one_sequence_is_one_sum(way):
    found = way(np.array([[20], [0]], np.uint8), np.array([0.5]), CPU)(slice(0, 1), slice(1, 2))
    assert found[0, 0, 20, 0] == 0.5
    assert found.sum() == 0.5
