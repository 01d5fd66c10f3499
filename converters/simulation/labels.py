"""Probability that a variant is harmful (label 1), computed from what a model can see.

The terms depend only on the variant's window in the feature matrix. The coupled partner of a
position is not given there, but can be found from the alignment. A gene's offset, if there is one,
can be estimated from the counts of missense variants, within their noise.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.simulation.chemistry import DISTANCE, SIMILARITY
from converters.simulation.protein import Protein, conservation

TERMS = ("conservation", "substitution", "chemistry", "burial", "coupling")
# Mean of each term over variants, and its coefficient in the latent harm.
_MEANS = np.array([2.92, 2.65, 0.9, 0.62, 0.14])
_COEFFICIENTS = np.array([1.9, 1.4, 0.9, 4.0, 0.9])
_FLOOR = 0.03
_PSEUDO = 2.0


class Harm(NamedTuple):
    """V variants: `terms` (V, 5) in the order of TERMS, `latent` (V,), `probability` (V,)."""

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

    `conservation` is the profile's relative entropy at the position, in bits; `substitution` the
    log of the profile's ratio of the old residue to the new one, 0.03 added to both; `chemistry`
    their distance; `burial` one minus the exposure; `coupling` how much worse the new residue fits
    the human residue of the coupled partner than the old one does, 0 without a partner.

    Args:
        protein: the protein of the variants.
        positions: (V,) from 0.
        alts: (V,) codes of the new residues.
        sharpness: factor of the sum of terms; the higher, the more certain are the labels.
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
    """Return the latent harm (V,) of terms (V, 5), optionally `without` one; no gene offset."""
    coefficients = np.where(np.array(TERMS) == without, 0.0, _COEFFICIENTS)
    return np.asarray(((terms - _MEANS) * coefficients).sum(1))


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
    """Measure how well residues at two positions fit together: (20, 20), positive where they do.

    It is the log of their joint frequency in the alignment over that expected by chance, with
    counts spread to similar residues, and pseudo-counts from the expectation by chance.

    Args:
        here: (200,) codes at one position.
        there: (200,) codes at the other.
    """
    both = (here < 20) & (there < 20)
    codes = here[both].astype(np.int64) * 20 + there[both]
    counts = np.bincount(codes, minlength=400).reshape(20, 20)
    spread = np.einsum("ab,ac,bd->cd", counts, SIMILARITY, SIMILARITY, optimize=False)
    total = max(spread.sum(), 1.0)
    chance = np.outer(spread.sum(1), spread.sum(0)) / total
    # For a residue that was never seen, the pseudo-counts decide.
    floor = _PSEUDO * np.maximum(chance / total, 1e-6)
    return np.asarray(np.log((spread + floor) / (chance + floor)))
