"""What can be found in the data: the attainable AUROC is attained, coupled pairs stand out."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from converters.simulation.auroc import attainable, auroc
from converters.simulation.evolution import evolve
from converters.simulation.part import make_protein
from converters.simulation.plan import Purpose, Settings, species_tree, stream
from converters.simulation.sites import NEAREST, draw_sites


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
        assert told.expected - auroc(score[~train], p[~train]) > 0.004, term


def precision(residues, pairs):
    """Of the L/10 strongest pairs of positions, the share that is coupled.

    Strength: the norm of the covariance of the residues' indicators, less what the positions'
    averages explain (the average product correction, Dunn et al. 2008).
    """
    species, length = residues.shape
    shown = (residues[:, :, None] == np.arange(20)).astype(np.float32)
    shown = (shown - shown.mean(0)).reshape(species, -1) / np.sqrt(species)
    covariance = (shown.T @ shown).reshape(length, 20, length, 20)
    strength = np.sqrt((covariance**2).sum((1, 3)))
    np.fill_diagonal(strength, 0)
    mean = strength.sum(1) / (length - 1)
    strength -= np.outer(mean, mean) / mean.mean()
    first, second = np.triu_indices(length, NEAREST)
    best = np.argsort(-strength[first, second])[: length // 10]
    true = {tuple(pair) for pair in pairs.tolist()}
    return np.mean([tuple(pair) in true for pair in np.stack([first, second], 1)[best].tolist()])


@pytest.mark.parametrize("seed", [0, 1])
def test_coupled_pairs_come_first_by_far(seed):
    told = Settings(10, 100, seed)
    tree = species_tree(told)
    lengths = (150, 250, 350, 250)
    found, by_chance = [], []
    for number, length in enumerate(lengths):
        protein = make_protein(told, tree, length, number)
        found.append(precision(protein.residues, protein.sites.pairs))
        by_chance.append(len(protein.sites.pairs) / ((length - NEAREST) ** 2 / 2))
    assert np.mean(found) > 0.2
    assert np.mean(found) > 50 * np.mean(by_chance)
    assert np.mean(found) < 0.9  # as in alignments of real proteins, it is not given away


def test_positions_that_are_not_coupled_do_not_come_first():
    told = Settings(10, 100, 0)
    random = stream(told, Purpose.PROTEIN, 0)
    sites = draw_sites(random, 300)
    pairs = sites.pairs
    apart = sites._replace(pairs=pairs[:0], conditional=sites.conditional[:0])
    assert precision(evolve(random, sites, species_tree(told)), pairs) > 0.15
    assert precision(evolve(random, apart, species_tree(told)), pairs) <= 0.1
