"""Share of the strongest pairs of positions that are truly coupled in simulated proteins."""

from collections.abc import Iterable
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import numpy as np

from pt_gmvp.analysis.coevolution.ancestry import decorrelated_coevolution
from pt_gmvp.analysis.coevolution.pairs import MIN_SEPARATION, ranked_pairs
from pt_gmvp.analysis.coevolution.strength import average_product_corrected, coevolution
from pt_gmvp.analysis.coevolution.weights import identity_weights

SPECIES = slice(21, 221)
"""The columns of a feature matrix that hold the alignment."""
IDENTITY = 0.8
NORMS = ("released", "paper")
WAYS = {
    "plain": lambda codes, norm: coevolution(codes, norm=norm),
    "--reweight 0.8": lambda codes, norm: coevolution(
        codes, identity_weights(codes, IDENTITY), norm
    ),
    "--decorrelate": decorrelated_coevolution,
}

Coupled = dict[str, set[tuple[int, int]]]


class Precision(NamedTuple):
    """Of the L/10 strongest pairs at least 6 apart the share that is coupled, of each protein."""

    way: str
    norm: str
    corrected: bool
    of_proteins: list[float]

    @property
    def mean(self) -> float:
        """Over the proteins."""
        return mean(self.of_proteins)

    @property
    def error(self) -> float:
        """Return the mean's standard error, NaN for one protein."""
        count = len(self.of_proteins)
        return stdev(self.of_proteins) / count**0.5 if count > 1 else float("nan")


def read_coupled(path: Path) -> Coupled:
    """Read coupled.tsv: pairs of positions from 0, the lower first, by protein."""
    found: Coupled = {}
    for line in path.read_text().splitlines()[1:]:
        name, first, second = line.split("\t")
        found.setdefault(name, set()).add((int(first) - 1, int(second) - 1))
    return found


def alignments(features: Path, names: Iterable[str], longest: int, count: int) -> dict:
    """Return the alignments (200, L) uint8 of the first proteins of at most `longest` residues."""
    found: dict[str, np.ndarray] = {}
    for name in names:
        matrix = np.load(features / f"{name}.npy", mmap_mode="r")
        if len(matrix) <= longest:
            found[name] = matrix[:, SPECIES].T.astype(np.uint8)
        if len(found) == count:
            break
    return found


def precisions(proteins: dict[str, np.ndarray], coupled: Coupled) -> list[Precision]:
    """Measure all ways, with either norm, with and without the average product correction."""
    found = []
    for way, strengths in WAYS.items():
        for norm in NORMS:
            pairs = {name: strengths(codes, norm) for name, codes in proteins.items()}
            for corrected in (False, True):
                shares = [
                    precision(average_product_corrected(s) if corrected else s, coupled[name])
                    for name, s in pairs.items()
                ]
                found.append(Precision(way, norm, corrected, shares))
    return found


def precision(strength: np.ndarray, coupled: set[tuple[int, int]]) -> float:
    """Return the coupled share of the L/10 strongest pairs at least 6 apart."""
    top = ranked_pairs(strength, top=max(len(strength) // 10, 1))
    return mean((i, j) in coupled for i, j in zip(top.i.tolist(), top.j.tolist(), strict=True))


def by_chance(proteins: dict[str, np.ndarray], coupled: Coupled) -> float:
    """Return the mean share that a random order of the pairs would give."""
    shares = []
    for name, codes in proteins.items():
        apart = codes.shape[1] - MIN_SEPARATION
        shares.append(len(coupled[name]) / (apart * (apart + 1) / 2))
    return mean(shares)
