"""Laws of the data: proteins, homologs, variants, labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from converters.columns import CENTER
from converters.simulation.chemistry import CODONS, REACHED
from converters.simulation.labels import TERMS, harm, latent_of, pair_fit
from converters.simulation.part import make_protein
from converters.simulation.plan import Settings, species_tree
from converters.simulation.protein import profile_of
from converters.simulation.sites import NEAREST, draw_pairs


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


def test_a_protein_is_the_same_however_many_there_are(draw_all):
    few, _ = draw_all(Settings(10, 100, 5, length=70.0))
    more, _ = draw_all(Settings(20, 200, 5, length=70.0))
    for (one, of_one), (other, of_other) in zip(few, more, strict=False):
        assert one.matrix().tobytes() == other.matrix().tobytes()
        assert of_one.names("T") == of_other.names("T")
        assert (of_one.labels == of_other.labels).all()


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
def protein():
    told = Settings(10, 100, 2)
    return make_protein(told, species_tree(told), 400, 0)


def test_homologs_look_like_homologs(protein):
    residues = protein.residues
    assert residues.shape == (200, 400)
    assert residues[0].max() < 20
    assert residues[0, 0] == 10  # the first methionine
    assert protein.identity[0] == 100
    found = np.median(protein.identity[1:])
    assert 40 < found < 85
    assert 0.01 < (residues == 20).mean() < 0.4
    assert (residues[protein.identity == 0] == 20).all()


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


def test_the_harm_is_that_of_what_a_model_sees(protein):
    positions = np.arange(1, 400)
    alts = (protein.residues[0, positions].astype(np.int64) + 7) % 20
    found = harm(protein, positions, alts)
    np.testing.assert_allclose(found.probability, 1 / (1 + np.exp(-found.latent)))
    np.testing.assert_allclose(latent_of(found.terms), found.latent)
    # Profile, structure and alignment are all that is read: other hidden truth, same harm.
    hidden = protein.sites._replace(rate=protein.sites.rate[::-1], burial=-protein.sites.burial)
    assert (harm(protein._replace(sites=hidden), positions, alts).latent == found.latent).all()
    for term in TERMS[:4]:
        column = found.terms[:, TERMS.index(term)]
        assert np.corrcoef(column, found.latent)[0, 1] > 0.1, term
    coupled = np.isin(positions, protein.sites.pairs)
    assert ((found.terms[:, 4] != 0) == coupled).all()


def test_residues_that_are_found_together_fit():
    here = np.array([3] * 100 + [8] * 100, np.uint8)
    there = np.array([8] * 100 + [3] * 100, np.uint8)
    fit = pair_fit(here, there)
    assert fit[3, 8] > 0.3
    assert fit[3, 3] < -0.3
    random = np.random.default_rng(0)
    assert abs(pair_fit(here, random.permutation(there))[3, 8]) < 0.2
    assert (pair_fit(np.full(200, 20, np.uint8), there) == 0).all()


def test_genes_differ_where_it_is_asked(draw_all):
    def of_genes(spread):
        drawn, _ = draw_all(Settings(40, 1200, 1, length=80.0, gene_spread=spread))
        return [variants.labels.mean() for _, variants in drawn]

    assert np.std(of_genes(3.0)) > 1.5 * np.std(of_genes(0.0))
