"""Homologs: a protein's positions evolved along the tree of the species.

Between events nothing changes; an event at a position draws its residue anew from the position's
preference, whatever was there (Felsenstein 1981, with a preference for each position). Events of a
coupled pair come to both at once, so that what is preferred jointly is found jointly, and changes
of one come with changes of the other.
"""

import numpy as np
from numpy.typing import NDArray

from converters.residues import OTHER
from converters.simulation.sites import Sites, pick
from converters.simulation.tree import Tree

_DELETIONS = 0.02
"""Of a position, for each event of substitution."""
_DELETED = 6
"""Positions of a deletion, on average."""


def evolve(random: np.random.Generator, sites: Sites, tree: Tree) -> NDArray[np.uint8]:
    """Evolve a protein: (200, L) residue codes, the human's first, which has no gaps.

    Columns are those of the human protein: what it lost is in none, and so nothing is deleted on
    its own way down from the root. A share of the species lacks the protein altogether.
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
    """Tell where the residue is drawn anew: (N, L); everywhere at the root."""
    shape = len(tree.parent), len(sites.rate)
    expected = np.outer(tree.length.astype(np.float32), sites.rate.astype(np.float32))
    happens = random.random(shape, np.float32) < -np.expm1(-expected)
    happens[0] = True
    happens[:, sites.pairs[:, 1]] = happens[:, sites.pairs[:, 0]]
    return np.asarray(happens)


def _residues(
    random: np.random.Generator, sites: Sites, happens: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Draw the residues that the events bring, (N, L); what stands elsewhere has no meaning."""
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
    """Draw what each node lacks that its parent has, (N, L): more where substitutions are fast."""
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
