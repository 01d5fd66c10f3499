"""Residue frequencies at each position of an alignment, with sequences weighted by position."""

import numpy as np
from numpy.typing import NDArray

from converters.columns import N_AMINO_ACIDS, RESIDUE_STATES

_AT_ONCE = 1 << 22
"""Residues counted at a time: 32 MB of indices, however many sequences there are."""


def frequencies(
    residues: NDArray[np.uint8], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return weighted counts of residues at each position, (L, 21), the gap last.

    Args:
        residues: (N, L) codes, 0 to 20.
        weights: (N,), of the sequences; 1 each by default.
    """
    number, length = residues.shape
    found = np.zeros(RESIDUE_STATES * length)
    rows = max(1, _AT_ONCE // max(1, length))
    for start in range(0, number, rows):
        part = residues[start : start + rows]
        places = part + RESIDUE_STATES * np.arange(length)
        each = None if weights is None else np.repeat(weights[start : start + rows], length)
        found += np.bincount(places.ravel(), each, len(found))
    return found.reshape(length, RESIDUE_STATES)


def position_based_weights(residues: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the sequences' position-based weights, (N,), with a mean of 1.

    At each position the distinct amino acids share a weight of 1 equally, and so do the sequences
    that have one; gaps get none (Henikoff & Henikoff, J. Mol. Biol. 243, 574, 1994).

    Args:
        residues: (N, L) codes, 0 to 20, with at least one amino acid.
    """
    plain = frequencies(residues)[:, :N_AMINO_ACIDS]
    distinct = (plain > 0).sum(1, keepdims=True)
    shares = np.pad(1 / (np.maximum(distinct, 1) * np.maximum(plain, 1)), ((0, 0), (0, 1)))
    rows = max(1, _AT_ONCE // max(1, residues.shape[1]))
    places = np.arange(residues.shape[1])
    weights = np.concatenate(
        [shares[places, residues[i : i + rows]].sum(1) for i in range(0, len(residues), rows)]
    )
    return np.asarray(weights / weights.sum() * len(residues))


def weighted_profile(residues: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the amino acids' weighted frequencies at each position, (L, 20), without the gaps.

    Rows sum to 1; a position without an amino acid in any sequence has zeros. As in HHsuite's .hhm
    files, no pseudo-counts are added.

    Args:
        residues: (N, L) codes, 0 to 20.
    """
    counts = frequencies(residues, position_based_weights(residues))[:, :N_AMINO_ACIDS]
    return np.asarray(counts / np.where(counts.any(1), counts.sum(1), 1)[:, np.newaxis])
