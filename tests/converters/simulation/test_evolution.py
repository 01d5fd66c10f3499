"""Evolution of homologs along the tree, and how visible its coupled pairs are."""

import numpy as np
import pytest

from converters.simulation.evolution import evolve
from converters.simulation.part import make_protein
from converters.simulation.plan import Purpose, Settings, species_tree, stream
from converters.simulation.sites import NEAREST, draw_sites


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
    lengths = (150, 200, 250, 200)
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


def test_the_human_protein_has_no_gaps_and_other_species_do():
    settings = Settings(10, 100, 3)
    random = stream(settings, Purpose.PROTEIN, 0)
    residues = evolve(random, draw_sites(random, 200), species_tree(settings))
    assert residues.dtype == np.uint8
    assert residues.max() == 20
    assert (residues[0] < 20).all()
    lacking = (residues == 20).all(1)
    assert 0 < lacking.sum() < 100


def test_positions_that_never_change_are_the_same_in_all_species():
    settings = Settings(10, 100, 3)
    random = stream(settings, Purpose.PROTEIN, 0)
    sites = draw_sites(random, 100)
    still = sites._replace(rate=np.full(100, 1e-12))
    residues = evolve(random, still, species_tree(settings))
    whole = residues[(residues < 20).all(1)]
    assert len(whole) > 100
    assert (whole == residues[0]).all()
