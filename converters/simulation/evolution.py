"""Evolution of a protein's positions along the species tree, which makes its homologs.

An event at a position draws a new residue from the position's preferences, independently of the
old one (Felsenstein 1981, with preferences per position). Events of a coupled pair happen at both
positions at once, so that they change together and their residues follow the joint preferences.
"""

import numpy as np
from numpy.typing import NDArray

from converters.residues import OTHER
from converters.simulation.sites import Sites, pick
from converters.simulation.tree import Tree

_DELETIONS = 0.02
"""Deletions of a position per substitution event."""
_DELETED = 6
"""Mean number of positions of a deletion."""


def evolve(random: np.random.Generator, sites: Sites, tree: Tree) -> NDArray[np.uint8]:
    """Evolve a protein: (200, L) residue codes, the human's first, which has no gaps.

    Columns are those of the human protein, so nothing is deleted on the path from the root to it.
    Some of the species lack the protein altogether.
    """
    happens = _events(random, sites, tree)
    drawn = _residues(random, sites, happens)
    gone = _deletions(random, sites, tree)
    states = np.zeros(happens.shape, np.uint8)
    states[0] = drawn[0]
    for node, parent in enumerate(tree.parent.tolist()[1:], 1):
        states[node] = np.where(happens[node], drawn[node], states[parent])
        gone[node] |= gone[parent]
    found: NDArray[np.uint8] = np.where(gone, np.uint8(OTHER), states)[tree.tips]
    lacking = random.random(len(found)) < random.beta(1, 12)
    lacking[0] = False
    found[lacking] = OTHER
    return found


def _events(random: np.random.Generator, sites: Sites, tree: Tree) -> NDArray[np.bool_]:
    """Draw where substitution events happen, (N, L): everywhere at the root."""
    shape = len(tree.parent), len(sites.rate)
    expected = np.outer(tree.length.astype(np.float32), sites.rate.astype(np.float32))
    happens = random.random(shape, np.float32) < -np.expm1(-expected)
    happens[0] = True
    happens[:, sites.pairs[:, 1]] = happens[:, sites.pairs[:, 0]]
    return np.asarray(happens)


def _residues(
    random: np.random.Generator, sites: Sites, happens: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Draw the residues of the events, (N, L); other entries are meaningless."""
    drawn = np.zeros(happens.shape, np.uint8)
    nodes, places = np.nonzero(happens)
    drawn[nodes, places] = pick(random, np.cumsum(sites.preference, 1)[places])
    first, second = sites.pairs.T
    nodes, numbers = np.nonzero(happens[:, second])
    given = drawn[nodes, first[numbers]]
    cumulative = np.cumsum(sites.conditional, 2)[numbers, given]
    drawn[nodes, second[numbers]] = pick(random, cumulative)
    return drawn


def _deletions(random: np.random.Generator, sites: Sites, tree: Tree) -> NDArray[np.bool_]:
    """Draw the positions deleted at each node, (N, L): more where substitutions are fast."""
    gone = np.zeros((len(tree.parent), len(sites.rate)), bool)
    mean = _DELETIONS / _DELETED * tree.length * sites.rate.sum()
    numbers = random.poisson(np.where(tree.human, 0.0, mean))
    nodes = np.repeat(np.arange(len(numbers)), numbers)
    cumulative = np.cumsum(sites.rate)
    starts = np.searchsorted(cumulative, random.random(len(nodes)) * cumulative[-1])
    lengths = random.geometric(1 / _DELETED, len(nodes))
    for node, start, length in zip(nodes, starts, lengths, strict=True):
        gone[node, start : start + length] = True
    return gone
