"""Harm: the probability that a variant's label is 1, out of what a model can see of the variant.

The terms are functions of the variant's window in the feature matrix alone. Which position is the
coupled partner is not written there, but shows in the alignment. A gene's offset, if there is one,
shows in the counts of missense variants, and no better than counts show it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.simulation.chemistry import DISTANCE, LIKENESS
from converters.simulation.protein import Protein, conservation

TERMS = ("conservation", "substitution", "chemistry", "burial", "coupling")
# Of each term: its mean over variants, and what it is worth to the latent harm.
_MEANS = np.array([2.92, 2.65, 0.9, 0.62, 0.14])
_WORTH = np.array([1.4, 1.8, 1.2, 3.2, 0.9])
_FLOOR = 0.03
_PSEUDO = 2.0


class Harm(NamedTuple):
    """Of V variants: `terms` (V, 5) in the order of TERMS, `latent` (V,), `probability` (V,)."""

    terms: NDArray[np.float64]
    latent: NDArray[np.float64]
    probability: NDArray[np.float64]


def harm(
    protein: Protein,
    positions: NDArray[np.int64],
    alts: NDArray[np.int64],
    sharpness: float = 1.0,
) -> Harm:
    """Compute the harm of variants.

    Args:
        protein: what they are variants of.
        positions: (V,) from 0.
        alts: (V,) the codes of the residues that come in.
        sharpness: what the terms' sum is multiplied by: the higher, the surer the labels.

    `conservation` is the profile's relative entropy at the position, in bits; `substitution` the
    log of the profile's ratio of the old residue to the new, both with three per cent more;
    `chemistry` their distance; `burial` what is not exposed; `coupling` what the coupled partner's
    human residue, if there is one, has against the new residue and not against the old.
    """
    refs = protein.residues[0, positions].astype(np.int64)
    profile = protein.profile[positions]
    each = np.arange(len(positions))
    terms = np.stack(
        [
            conservation(profile),
            np.log((profile[each, refs] + _FLOOR) / (profile[each, alts] + _FLOOR)),
            DISTANCE[refs, alts],
            1 - protein.structure["rsa"][positions],
            _coupling(protein, positions, refs, alts),
        ],
        1,
    )
    latent = sharpness * latent_of(terms) + protein.tolerance
    return Harm(terms, latent, 1 / (1 + np.exp(-latent)))


def latent_of(terms: NDArray[np.float64], without: str | None = None) -> NDArray[np.float64]:
    """Sum (V, 5) terms to the latent harm, (V,), but for a gene's offset; or leave a term out."""
    worth = np.where(np.array(TERMS) == without, 0.0, _WORTH)
    return np.asarray(((terms - _MEANS) * worth).sum(1))


def _coupling(
    protein: Protein,
    positions: NDArray[np.int64],
    refs: NDArray[np.int64],
    alts: NDArray[np.int64],
) -> NDArray[np.float64]:
    pairs = protein.sites.pairs
    partner = np.full(len(protein.profile), -1)
    partner[pairs[:, 0]], partner[pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    found = np.zeros(len(positions))
    for number in np.flatnonzero(partner[positions] >= 0):
        here = int(positions[number])
        there = int(partner[here])
        fit = pair_fit(protein.residues[:, here], protein.residues[:, there])
        fits = fit[:, protein.residues[0, there]]
        found[number] = fits[refs[number]] - fits[alts[number]]
    return found


def pair_fit(here: NDArray[np.uint8], there: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Measure how well residues at two positions go together: (20, 20), positive where they do.

    It is the log of how often they are found together in the alignment over how often chance would
    have it, counts being spread to residues that are alike, with pseudo-counts of what chance has.

    Args:
        here: (200,) codes at one position.
        there: (200,) codes at the other.
    """
    both = (here < 20) & (there < 20)
    codes = here[both].astype(np.int64) * 20 + there[both]
    counts = np.bincount(codes, minlength=400).reshape(20, 20)
    spread = np.einsum("ab,ac,bd->cd", counts, LIKENESS, LIKENESS, optimize=False)
    total = max(spread.sum(), 1.0)
    chance = np.outer(spread.sum(1), spread.sum(0)) / total
    # A residue that was never seen has a chance of nearly none: its pseudo-counts decide.
    floor = _PSEUDO * np.maximum(chance / total, 1e-6)
    return np.asarray(np.log((spread + floor) / (chance + floor)))
