"""Strengths without common descent: the definition, its laws, and what is found among relatives."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.analysis.coevolution import ancestry
from pt_gmvp.analysis.coevolution.alignment import read_alignment
from pt_gmvp.analysis.coevolution.ancestry import decorrelated_coevolution, relatedness
from pt_gmvp.analysis.coevolution.strength import (
    average_product_corrected,
    coevolution,
    count_steps,
)
from pt_gmvp.analysis.coevolution.weights import identity_weights
from pt_gmvp.residues import ResidueCodeError

seeds = st.integers(0, 1000)
norms = st.sampled_from(["released", "paper"])


def drawn(seed: int, sequences: int = 30, length: int = 7) -> np.ndarray:
    """Codes of related sequences, gaps among them: each is an earlier one with some changes."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 21, (sequences, length)).astype(np.uint8)
    for row in range(1, sequences):
        kept = random.random(length) < 0.6
        codes[row, kept] = codes[random.integers(0, row), kept]
    return codes


def by_whitening(codes: np.ndarray, norm: str, shrinkage: float) -> np.ndarray:
    """The definition in another way: rows made independent, means fitted to them, then products."""
    count, length = codes.shape
    acids = (codes[..., None] == np.arange(20)).reshape(count, -1).astype(float)
    acids -= acids.mean(0)
    related = acids @ acids.T
    related /= np.trace(related) / count
    values, vectors = np.linalg.eigh((related + shrinkage * np.eye(count)) / (1 + shrinkage))
    whitening = (vectors / np.sqrt(values)) @ vectors.T
    states = 20 if norm == "paper" else 21
    rows = whitening @ (codes[..., None] == np.arange(states)).reshape(count, -1)
    ones = whitening @ np.ones((count, 1))
    rows -= ones @ np.linalg.lstsq(ones, rows, rcond=None)[0]
    covariance = (rows.T @ rows / count).reshape(length, states, length, states)
    return np.sqrt((covariance**2).sum((1, 3)) + 1e-12)


@given(seeds, norms, st.sampled_from([0.05, 0.2, 2.0]))
@settings(max_examples=30, deadline=None)
def test_it_is_the_covariance_of_rows_made_independent(seed, norm, shrinkage):
    codes = drawn(seed)
    found = decorrelated_coevolution(codes, norm, shrinkage=shrinkage)
    np.testing.assert_allclose(found, by_whitening(codes, norm, shrinkage), rtol=1e-9, atol=1e-12)


@given(seeds, norms, st.integers(1, 9), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_neither_blocks_nor_the_order_of_sequences_matter(seed, norm, block, random):
    codes = drawn(seed)
    order = list(range(len(codes)))
    random.shuffle(order)
    steps: list[int] = []
    found = decorrelated_coevolution(codes[order], norm, block=block, advance=steps.append)
    expected = decorrelated_coevolution(codes, norm)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert (found == found.T).all()
    assert sum(steps) == count_steps(codes.shape[1], block)


@given(seeds, norms)
@settings(max_examples=20, deadline=None)
def test_what_is_not_taken_out_leaves_the_plain_strength(seed, norm):
    codes = drawn(seed)
    found = decorrelated_coevolution(codes, norm, shrinkage=1e9)
    np.testing.assert_allclose(found, coevolution(codes, norm=norm), rtol=1e-6)


def test_sequences_that_are_all_the_same_are_related_to_none():
    codes = np.tile(np.arange(20, dtype=np.uint8), (5, 1))
    assert (relatedness(codes) == np.eye(5)).all()
    np.testing.assert_allclose(decorrelated_coevolution(codes), 1e-6)


def test_relatives_no_longer_drown_coupled_pairs(golden, precision):
    """PTEN's simulated relatives: next to nothing is found in any other way."""
    codes = read_alignment(golden / "raw" / "feature" / "ENST00000371953.compara103").codes
    told = json.loads((golden / "raw" / "PTEN.truth.json").read_text())["coupled"]
    pairs = {(min(pair) - 1, max(pair) - 1) for pair in told}
    found = average_product_corrected(decorrelated_coevolution(codes, "paper"))
    assert precision(found, pairs) > 0.4
    for weights in (None, identity_weights(codes)):
        other = average_product_corrected(coevolution(codes, weights, "paper"))
        assert precision(other, pairs) < 0.1
    # The control: positions exchanged for others.
    moved = np.random.default_rng(0).permutation(codes.shape[1])
    shuffled = average_product_corrected(decorrelated_coevolution(codes[:, moved], "paper"))
    assert precision(shuffled, pairs) < 0.1


def test_nothing_is_lost_where_sequences_are_independent(planted, precision):
    codes, pairs = planted
    assert precision(decorrelated_coevolution(codes), pairs) == 1.0
    shuffled = np.random.default_rng(2).permuted(codes, axis=0)
    assert precision(decorrelated_coevolution(shuffled), pairs) <= 0.1


def test_what_is_refused(monkeypatch):
    with pytest.raises(InputError, match="norm is 'l2'; expected released or paper"):
        decorrelated_coevolution([[0]], "l2")
    with pytest.raises(ResidueCodeError, match=r"codes\[0, 1\]: residue code 21"):
        decorrelated_coevolution([[0, 21]])
    for shrinkage in (0, -1, np.nan, np.inf):
        with pytest.raises(InputError, match="expected a number above 0"):
            decorrelated_coevolution([[0]], shrinkage=shrinkage)
    with pytest.raises(InputError, match="block is 0"):
        decorrelated_coevolution([[0]], block=0)
    monkeypatch.setattr(ancestry, "MOST_SEQUENCES", 2)
    with pytest.raises(InputError, match="3 sequences to compare with one another"):
        decorrelated_coevolution([[0]] * 3)
