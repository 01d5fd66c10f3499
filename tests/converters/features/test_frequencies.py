"""Weighted residue frequencies of an alignment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converters.features import frequencies as module
from converters.features.frequencies import frequencies, position_based_weights, weighted_profile
from converters.residues import encode

ALIGNMENTS = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 6)), elements=st.integers(0, 20)
)


def test_counts_of_residues_may_be_weighted():
    residues = np.array([[0, 20], [0, 3], [5, 3]], np.uint8)
    plain = frequencies(residues)
    assert plain.shape == (2, 21)
    assert (plain[0, 0], plain[0, 5], plain[1, 3], plain[1, 20]) == (2, 1, 2, 1)
    assert plain.sum() == 6
    weighted = frequencies(residues, np.array([0.5, 1, 2]))
    assert (weighted[0, 0], weighted[0, 5], weighted[1, 3], weighted[1, 20]) == (1.5, 2, 3, 0.5)


def test_weights_of_a_small_alignment():
    """Henikoff & Henikoff's rule by hand: three sequences, two of them equal."""
    residues = np.stack([encode(row) for row in ("AC", "AC", "DC")])
    # Position 1: A and D share 1, the two As share a half; position 2: three Cs share 1.
    by_hand = np.array([1 / 4 + 1 / 3, 1 / 4 + 1 / 3, 1 / 2 + 1 / 3])
    np.testing.assert_allclose(position_based_weights(residues), by_hand / by_hand.mean())


def test_gaps_have_no_share():
    residues = np.stack([encode(row) for row in ("AC", "A-", "D-")])
    profile = weighted_profile(residues)
    assert profile[1, 1] == 1
    assert profile[0, 0] > profile[0, 2] > 0


def test_a_position_of_gaps_alone_has_zeros():
    profile = weighted_profile(np.stack([encode(row) for row in ("A-", "C-")]))
    assert profile[1].tolist() == [0] * 20
    assert profile[0].sum() == pytest.approx(1)


@given(ALIGNMENTS)
def test_repeating_every_sequence_changes_nothing(residues):
    residues[0] = np.minimum(residues[0], 19)
    np.testing.assert_allclose(
        weighted_profile(np.repeat(residues, 3, 0)), weighted_profile(residues), atol=1e-12
    )


@given(ALIGNMENTS, st.integers(1, 12))
def test_the_size_of_a_block_does_not_matter(residues, size):
    residues[0] = np.minimum(residues[0], 19)
    whole = weighted_profile(residues)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", size)
        np.testing.assert_allclose(weighted_profile(residues), whole, rtol=1e-12)
