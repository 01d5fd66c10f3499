"""A simulated protein with homologs, conservation profile, structure and population counts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.features.frequencies import frequencies, position_based_weights
from converters.simulation.chemistry import BACKGROUND, SIMILARITY
from converters.simulation.evolution import evolve
from converters.simulation.sites import Sites, draw_sites, smooth
from converters.simulation.tree import Tree

_PSEUDO = 10.0
"""Weight of the pseudo-counts against the weighted counts of up to 200 sequences."""
_FORMERS = (
    np.array([a in "AELMQKRH" for a in "ACDEFGHIKLMNPQRSTVWY"], float),
    np.array([a in "VIYCWFT" for a in "ACDEFGHIKLMNPQRSTVWY"], float),
)


class Protein(NamedTuple):
    """A protein of L residues.

    `residues` (200, L) uint8, the human's first; `identity` (200,) percent of the human's residues;
    `profile` (L, 20); `structure` by NetSurfP's names, (L,) each and (L, 3) `q3_prob`; `counts`
    (L, 4), NaN if missing; `sites`, the true properties; `tolerance`, the gene's offset.
    """

    name: str
    residues: NDArray[np.uint8]
    identity: NDArray[np.float64]
    profile: NDArray[np.float64]
    structure: dict[str, NDArray[np.float64]]
    counts: NDArray[np.float64]
    sites: Sites
    tolerance: float

    def matrix(self) -> NDArray[np.float64]:
        """Return the feature matrix, (L, 435), as `gmvp-convert features` makes it."""
        length = len(self.profile)
        angles = []
        for key in ("phi", "psi"):
            radians = self.structure[key][:, None] / 180 * np.pi
            angles += [np.sin(radians), np.cos(radians)]
        plain = [self.structure[key][:, None] for key in ("rsa", "interface", "disorder")]
        blocks = [
            self.residues[0][:, None].astype(np.float64),
            self.profile,
            self.residues.T.astype(np.float64),
            np.broadcast_to(self.identity, (length, len(self.identity))),
            self.structure["q3_prob"],
            *plain,
            *angles,
            np.nan_to_num(self.counts),
        ]
        return np.concatenate(blocks, axis=1)


def draw_protein(
    random: np.random.Generator, name: str, length: int, tree: Tree, gene_spread: float = 0.0
) -> Protein:
    """Draw a protein of `length` residues; its gene's offset has deviation `gene_spread`."""
    sites = draw_sites(random, length)
    residues = evolve(random, sites, tree)
    same = (residues == residues[0]).sum(1)
    identity = np.round(100.0 * same / length, 4)
    tolerance = gene_spread * float(random.standard_normal()) + 0.0  # and never -0.0
    structure = _structure(random, residues[0], sites)
    counts = _counts(random, sites, tolerance)
    return Protein(
        name, residues, identity, profile_of(residues), structure, counts, sites, tolerance
    )


def profile_of(residues: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Compute a conservation profile, (L, 20), whose rows sum to 1.

    Sequences have position-based weights (Henikoff & Henikoff 1994), and pseudo-counts come from
    residues similar to the observed ones (as in PSI-BLAST, Altschul et al. 1997).
    """
    counts = frequencies(residues, position_based_weights(residues))[:, :20]
    total = counts.sum(1, keepdims=True)
    expected = np.einsum("la,ab->lb", counts / np.maximum(total, 1e-9), SIMILARITY)
    return np.asarray((counts + _PSEUDO * expected) / (total + _PSEUDO))


def conservation(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the profile's relative entropy to the background, (L,), in bits."""
    return np.asarray((profile * np.log2(np.maximum(profile, 1e-12) / BACKGROUND)).sum(1))


def _structure(
    random: np.random.Generator, human: NDArray[np.uint8], sites: Sites
) -> dict[str, NDArray[np.float64]]:
    """Invent a structure in NetSurfP's terms, from the sequence around a position and its burial.

    Matrix products are avoided: BLAS may add in another order with another number of threads.
    """
    length = len(human)
    helix, strand = (smooth(former[human], 9) / 3 for former in _FORMERS)
    scores = np.stack([4 * helix, 5 * strand, np.full(length, 1.7)], 1)
    scores += 0.4 * random.standard_normal((length, 3))
    q3 = np.exp(scores)
    q3 /= q3.sum(1, keepdims=True)
    rsa = 1 / (1 + np.exp(1.3 * sites.burial + 0.6 + 0.3 * random.standard_normal(length)))
    disorder = 1 / (1 + np.exp(3 - 1.5 * smooth(np.log(sites.rate), 15) / np.sqrt(15)))
    phi = (q3 * [-60.0, -120.0, -80.0]).sum(1) + random.normal(0, 8, length)
    psi = (q3 * [-45.0, 130.0, 60.0]).sum(1) + random.normal(0, 15, length)
    interface = rsa * random.beta(1, 6, length)
    found = dict(rsa=rsa, interface=interface, disorder=disorder, phi=phi, psi=psi)
    return {"q3_prob": q3.round(6)} | {key: value.round(6) for key, value in found.items()}


def _counts(random: np.random.Generator, sites: Sites, tolerance: float) -> NDArray[np.float64]:
    """Draw observed and expected counts of rare missense and synonymous variants, (L, 4).

    Fewer missense variants than expected are observed where substitutions are slow, and in a gene
    with a positive `tolerance`, which is an offset towards harm.
    """
    length = len(sites.rate)
    missense, synonymous = random.gamma(2, 0.6, length), random.gamma(2, 0.25, length)
    kept = np.clip(0.4 + 0.5 * np.sqrt(sites.rate), 0, 1) / (1 + np.exp(tolerance)) * 2
    seen = random.poisson(missense * np.minimum(kept, 1.2)), random.poisson(synonymous)
    counts = np.stack([seen[0], missense.round(4), seen[1], synonymous.round(4)], 1)
    counts[random.random(length) < 0.01] = np.nan
    return counts.astype(np.float64)
