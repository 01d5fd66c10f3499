"""Variants of simulated proteins: substitutions and labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from converters.simulation.chemistry import CODONS, REACHED
from converters.simulation.labels import harm
from converters.simulation.plan import Settings
from converters.simulation.variants import A_POSITION, Variants, draw_positions, draw_variants


@limits(max_examples=8, deadline=None)
@given(st.integers(0, 1 << 30), st.sampled_from(["snv", "any"]))
def test_every_variant_replaces_the_residue_that_is_there(draw_all, seed, substitutions):
    drawn, _ = draw_all(Settings(10, 200, seed, substitutions=substitutions, length=70.0))
    for protein, variants in drawn:
        human = protein.residues[0]
        assert (human[variants.positions] == variants.refs).all()
        assert (variants.alts != variants.refs).all()
        assert len(set(variants.names("T"))) == len(variants.labels)
        if substitutions == "snv":
            for ref, alt in zip(variants.refs, variants.alts, strict=True):
                assert REACHED[CODONS[ref], alt].any()


@limits(max_examples=8, deadline=None)
@given(st.integers(0, 1 << 30), st.sampled_from([0.0, 2.0]))
def test_as_many_labels_are_1_as_their_probabilities_say(draw_all, seed, spread):
    drawn, _ = draw_all(Settings(10, 600, seed, length=80.0, gene_spread=spread))
    p = np.concatenate([variants.harm.probability for _, variants in drawn])
    labels = np.concatenate([variants.labels for _, variants in drawn])
    assert abs(labels.sum() - p.sum()) < 5 * np.sqrt((p * (1 - p)).sum())


def test_labels_that_ignore_the_probabilities_would_be_seen(draw_all):
    drawn, _ = draw_all(Settings(10, 600, 0, length=80.0))
    p = np.concatenate([variants.harm.probability for _, variants in drawn])
    wrong = (p > 0.3).astype(int)
    assert abs(wrong.sum() - p.sum()) > 5 * np.sqrt((p * (1 - p)).sum())


@given(st.integers(0, 99), st.integers(2, 50), st.data())
def test_positions_are_drawn_at_most_four_times_and_never_the_first(seed, length, data):
    number = data.draw(st.integers(0, A_POSITION * (length - 1)))
    found = draw_positions(np.random.default_rng(seed), length, number)
    assert found.shape == (number,)
    if number:
        assert (found.min(), found.max()) >= (1, 1)
        assert found.max() < length
        assert np.bincount(found).max() <= A_POSITION


def test_more_positions_than_there_is_room_for_are_refused():
    with pytest.raises(ValueError, match="larger sample than population"):
        draw_positions(np.random.default_rng(0), 3, 9)


def test_names_are_those_of_predictions(protein):
    at = np.array([0, 399])
    codes = np.array([10, 0])
    found = Variants(at, codes, codes[::-1], codes, harm(protein, at, codes))
    assert found.names("SIMT1") == ["SIMT1_1_M_A", "SIMT1_400_A_M"]


def test_one_position_has_four_different_residues(protein):
    positions = np.full(4, 7)
    for snv in (True, False):
        found = draw_variants(np.random.default_rng(0), protein, positions, snv)
        assert len(set(found.alts.tolist())) == 4
        assert (found.refs == protein.residues[0, 7]).all()


def test_sharper_labels_are_more_certain(protein):
    positions = np.arange(1, 400)
    soft, sharp = (
        draw_variants(np.random.default_rng(0), protein, positions, True, sharpness)
        for sharpness in (1.0, 3.0)
    )
    assert (soft.alts == sharp.alts).all()
    np.testing.assert_allclose(3 * soft.harm.latent, sharp.harm.latent)
