"""A simulated alignment with planted couplings, and what of them a ranking finds."""

from collections.abc import Callable

import numpy as np
import pytest

from pt_gmvp.analysis.coevolution.pairs import ranked_pairs


def simulate(sequences: int, length: int, coupled: int, share: float, seed: int):
    """Draw (codes (N, L), planted pairs): no tree, each position with residues of its own.

    Positions differ in how variable they are. Of each coupled pair, in a `share` of the sequences
    the second residue follows from the first by a fixed permutation of the amino acids.
    """
    random = np.random.default_rng(seed)
    variability = random.uniform(0.05, 1.0, length)
    codes = np.empty((sequences, length), np.uint8)
    for position in range(length):
        profile = random.dirichlet(np.full(20, variability[position]))
        codes[:, position] = random.choice(20, sequences, p=profile)
    # Variable positions, as nothing can be told where a position hardly varies.
    able = np.argsort(-variability)[: length // 2]
    pairs = np.sort(random.permutation(able)[: 2 * coupled].reshape(-1, 2), axis=1)
    for first, second in pairs:
        follows = random.random(sequences) < share
        codes[follows, second] = random.permutation(20)[codes[follows, first]]
    codes[random.random(codes.shape) < 0.02] = 20
    return codes, {(int(i), int(j)) for i, j in pairs}


@pytest.fixture(scope="session")
def planted():
    """1,000 sequences of 120 positions, 24 pairs of them coupled in 40 % of the sequences."""
    return simulate(1000, 120, 24, 0.4, seed=1)


@pytest.fixture(scope="session")
def precision() -> Callable[[np.ndarray, set], float]:
    """Of the L/10 strongest pairs, which part was planted: (strength, planted pairs)."""

    def measure(strength: np.ndarray, pairs: set[tuple[int, int]]) -> float:
        top = ranked_pairs(strength, min_separation=1, top=len(strength) // 10)
        return float(np.mean([pair in pairs for pair in zip(top.i, top.j, strict=True)]))

    return measure
