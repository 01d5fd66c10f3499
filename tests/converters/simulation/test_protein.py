"""A simulated protein: profile, structure, counts and matrix."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converters.columns import ALIGNED_RESIDUES, FEATURE_COLUMNS, PROFILE, RESIDUE
from converters.simulation.chemistry import BACKGROUND
from converters.simulation.protein import conservation, draw_protein, profile_of
from converters.simulation.tree import draw_tree


def test_slow_positions_are_conserved_and_conserved_ones_seen_in_the_profile(protein):
    from scipy.stats import spearmanr

    np.testing.assert_allclose(protein.profile.sum(1), 1)
    assert (protein.profile > 0).all()
    same = (protein.residues[1:] == protein.residues[0]).mean(0)
    assert spearmanr(protein.sites.rate, same).statistic < -0.7
    at_human = protein.profile[np.arange(400), protein.residues[0]]
    assert spearmanr(at_human, same).statistic > 0.9


def test_a_profile_of_equal_sequences_holds_pseudo_counts_alone_beside_them():
    residues = np.full((200, 1), 7, np.uint8)
    profile = profile_of(residues)[0]
    assert profile.argmax() == 7
    assert 0.95 < profile[7] < 1
    residues[:190] = 20
    assert profile_of(residues)[0, 7] > 0.6


def test_conservation_is_the_entropy_relative_to_the_background():
    certain = np.eye(20)
    np.testing.assert_allclose(conservation(certain), -np.log2(BACKGROUND), rtol=1e-6)
    np.testing.assert_allclose(conservation(BACKGROUND[None]), 0, atol=1e-12)


@settings(max_examples=30)
@given(hnp.arrays(np.uint8, (30, 6), elements=st.integers(0, 20)))
def test_a_profile_is_a_distribution_wherever_a_residue_was_seen(residues):
    residues[0] = np.minimum(residues[0], 19)
    found = profile_of(residues)
    np.testing.assert_allclose(found.sum(1), 1)
    assert (found > 0).all()


def test_the_matrix_has_the_columns_of_the_features(protein):
    matrix = protein.matrix()
    assert matrix.shape == (400, FEATURE_COLUMNS)
    assert np.isfinite(matrix).all()
    assert (matrix[:, RESIDUE] == protein.residues[0]).all()
    assert (matrix[:, PROFILE] == protein.profile).all()
    assert (matrix[:, ALIGNED_RESIDUES] == protein.residues.T).all()
    assert (matrix[:, 221:421] == protein.identity).all()
    assert (matrix[:, 431:] == np.nan_to_num(protein.counts)).all()
    angle = np.deg2rad(protein.structure["phi"])
    np.testing.assert_allclose(matrix[:, 427:429], np.stack([np.sin(angle), np.cos(angle)], 1))


def test_identity_is_the_percentage_of_equal_residues(protein):
    same = (protein.residues == protein.residues[0]).mean(1)
    np.testing.assert_allclose(protein.identity, 100 * same, atol=1e-4)


def test_a_gene_s_offset_is_drawn_only_where_asked():
    tree = draw_tree(np.random.default_rng(0))
    plain = draw_protein(np.random.default_rng(1), "T", 60, tree)
    offset = draw_protein(np.random.default_rng(1), "T", 60, tree, gene_spread=2.0)
    assert plain.tolerance == 0
    assert offset.tolerance != 0
    assert (plain.residues == offset.residues).all()
