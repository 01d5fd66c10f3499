"""The species tree, which all proteins of a simulation share."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import SPECIES

HEIGHT = 0.7
"""Root-to-tip distance under a strict clock, in substitution events at a site of rate 1."""
_CLOCK = 0.3


class Tree(NamedTuple):
    """N nodes, each parent before its children; node 0 is the root.

    `parent` (N,) int64, `length` (N,) float64 of the branch above each node, `tips` (200,) the
    nodes of the species, the human first, and `human` (N,) whether a node is on the path from the
    root to the human.
    """

    parent: NDArray[np.int64]
    length: NDArray[np.float64]
    tips: NDArray[np.int64]
    human: NDArray[np.bool_]


def draw_tree(random: np.random.Generator, species: int = SPECIES) -> Tree:
    """Draw a pure-birth tree (Yule 1925) with a relaxed clock.

    Each lineage splits at the same rate; the rate of evolution of a branch is log-normal.
    """
    parent, born, ended = [0, 0, 0], [0.0, 0.0, 0.0], [0.0, np.nan, np.nan]
    alive, now = [1, 2], 0.0
    while True:
        now += random.exponential(1 / len(alive))
        if len(alive) == species:
            break
        split = alive.pop(int(random.integers(len(alive))))
        ended[split] = now
        alive += [len(parent), len(parent) + 1]
        parent += [split, split]
        born += [now, now]
        ended += [np.nan, np.nan]
    span = np.where(np.isnan(ended), now, ended) - np.array(born)
    clock = random.lognormal(-(_CLOCK**2) / 2, _CLOCK, len(parent))
    tips = random.permutation(np.array(alive))
    parents = np.array(parent)
    human = np.zeros(len(parent), bool)
    node = int(tips[0])
    while node:
        human[node] = True
        node = parent[node]
    human[0] = True
    return Tree(parents, HEIGHT * span / now * clock, tips, human)
