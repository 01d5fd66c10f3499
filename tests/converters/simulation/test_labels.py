"""The harm of variants: its terms, and how much of it can be learned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.linear_model import LogisticRegression

from converters.simulation.auroc import attainable, auroc
from converters.simulation.chemistry import DISTANCE
from converters.simulation.labels import TERMS, harm, latent_of, pair_fit
from converters.simulation.plan import Settings
from converters.simulation.protein import conservation


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


@pytest.fixture(scope="module")
def learned(draw_all):
    """Terms, probabilities and labels, of variants to learn from and of others."""
    drawn, plan = draw_all(Settings(60, 6000, 7, length=150.0))
    harms = [variants.harm for _, variants in drawn]
    terms = np.concatenate([found.terms for found in harms])
    p = np.concatenate([found.probability for found in harms])
    labels = np.concatenate([variants.labels for _, variants in drawn])
    return terms, p, labels, plan.file < 7


def test_a_logistic_regression_attains_what_is_attainable(learned):
    terms, p, labels, train = learned
    told = attainable(p[~train], labels[~train])
    assert 0.85 < told.expected < 0.97
    score = LogisticRegression(C=1e4).fit(terms[train], labels[train]).decision_function(terms)
    assert told.expected - auroc(score[~train], p[~train]) < 0.003
    assert told.drawn - auroc(score[~train], labels[~train] * 1.0) < 0.006


def test_shuffled_labels_teach_nothing(learned):
    terms, p, labels, train = learned
    random, found = np.random.default_rng(0), []
    for _ in range(40):
        # One direction of what are five terms that go together: 0.8 or 0.2 as often as not.
        fitted = LogisticRegression(C=1e4).fit(terms[train], random.permutation(labels[train]))
        found.append(auroc(fitted.decision_function(terms[~train]), p[~train]))
    assert abs(np.mean(found) - 0.5) < 0.2


def test_a_term_left_out_is_missed(learned):
    terms, p, labels, train = learned
    told = attainable(p[~train], labels[~train])
    for term in range(4):
        held = np.delete(terms, term, 1)
        score = LogisticRegression(C=1e4).fit(held[train], labels[train]).decision_function(held)
        assert told.expected - auroc(score[~train], p[~train]) > 0.002, term


def test_the_terms_are_what_their_description_says(protein):
    positions = np.array([5, 9])
    refs = protein.residues[0, positions]
    alts = (refs.astype(np.int64) + 1) % 20
    terms = harm(protein, positions, alts).terms
    profile = protein.profile[positions]
    both = [
        (row[ref] + 0.03) / (row[alt] + 0.03)
        for row, ref, alt in zip(profile, refs, alts, strict=True)
    ]
    np.testing.assert_allclose(terms[:, 0], conservation(profile))
    np.testing.assert_allclose(terms[:, 1], np.log(both))
    np.testing.assert_allclose(terms[:, 2], DISTANCE[refs, alts])
    np.testing.assert_allclose(terms[:, 3], 1 - protein.structure["rsa"][positions])


def test_a_gene_s_offset_shifts_all_its_variants(protein):
    positions = np.arange(1, 20)
    alts = (protein.residues[0, positions].astype(np.int64) + 1) % 20
    plain = harm(protein, positions, alts).latent
    shifted = harm(protein._replace(tolerance=1.5), positions, alts).latent
    np.testing.assert_allclose(shifted - plain, 1.5)


@pytest.mark.parametrize("term", TERMS)
def test_a_term_can_be_left_out_of_the_harm(term):
    terms = np.random.default_rng(0).random((9, 5))
    changed = terms.copy()
    changed[:, TERMS.index(term)] += 1
    assert (latent_of(changed, term) == latent_of(terms, term)).all()
    assert (latent_of(changed) > latent_of(terms)).all()


@settings(max_examples=30)
@given(hnp.arrays(np.uint8, (2, 30), elements=st.integers(0, 20)))
def test_the_fit_of_a_pair_does_not_depend_on_its_order(both):
    here, there = both
    np.testing.assert_allclose(pair_fit(here, there), pair_fit(there, here).T, atol=1e-9)
