"""Properties of amino acids: frequency, similarity, and reachability by one nucleotide change.

Rows and columns are in the order of `converters.residues.AMINO_ACIDS`.
"""

import numpy as np
from numpy.typing import NDArray

from converters.residues import AMINO_ACIDS, encode

# Per cent of residues in UniProtKB/Swiss-Prot, rounded.
_PERCENT = (
    8.25, 1.38, 5.46, 6.72, 3.86, 7.07, 2.27, 5.91, 5.80, 9.65,
    2.41, 4.06, 4.74, 3.93, 5.53, 6.65, 5.36, 6.86, 1.10, 2.92,
)  # fmt: skip
# Kyte & Doolittle (1982).
_HYDROPATHY = (
    1.8, 2.5, -3.5, -3.5, 2.8, -0.4, -3.2, 4.5, -3.9, 3.8,
    1.9, -3.5, -1.6, -3.5, -4.5, -0.8, -0.7, 4.2, -0.9, -1.3,
)  # fmt: skip
# Cubic angstroms; Zamyatnin (1972).
_VOLUME = (
    88.6, 108.5, 111.1, 138.4, 189.9, 60.1, 153.2, 166.7, 168.6, 166.7,
    162.9, 114.1, 112.7, 143.8, 173.4, 89.0, 116.1, 140.0, 227.8, 193.6,
)  # fmt: skip
_CHARGE = [{"D": -1.0, "E": -1.0, "K": 1.0, "R": 1.0, "H": 0.1}.get(a, 0.0) for a in AMINO_ACIDS]
_BACKBONE = [{"G": 1.0, "P": -1.0}.get(a, 0.0) for a in AMINO_ACIDS]
# The standard code, codons in the order TTT TTC TTA TTG TCT ...
_CODE = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"


def _standardised() -> NDArray[np.float64]:
    columns = np.array([_HYDROPATHY, _VOLUME, _CHARGE, _BACKBONE]).T
    deviations: NDArray[np.float64] = (columns - columns.mean(0)) / columns.std(0)
    return deviations


def _distances() -> NDArray[np.float64]:
    difference = PROPERTIES[:, None] - PROPERTIES[None]
    distance = np.sqrt((difference**2).sum(-1))
    return np.asarray(distance / distance[~np.eye(20, dtype=bool)].mean())


def _similarity() -> NDArray[np.float64]:
    kernel = BACKGROUND * np.exp(-3.0 * DISTANCE)
    return np.asarray((np.eye(20) + kernel / kernel.sum(1, keepdims=True)) / 2)


def _reached() -> NDArray[np.bool_]:
    codes = encode(_CODE)
    reached = np.zeros((64, 20), bool)
    for codon in range(64):
        for step in (1, 4, 16):
            first = codon - codon // step % 4 * step
            variants = [int(codes[first + base * step]) for base in range(4)]
            reached[codon, [code for code in variants if code not in (20, codes[codon])]] = True
    return reached


BACKGROUND: NDArray[np.float64] = np.array(_PERCENT) / sum(_PERCENT)
"""(20,) the share of each amino acid among all."""
PROPERTIES = _standardised()
"""(20, 4) hydropathy, volume, charge and backbone flexibility, each of mean 0 and deviation 1."""
DISTANCE = _distances()
"""(20, 20) Euclidean distance of the properties; 1 on average between two amino acids."""
SIMILARITY = _similarity()
"""(20, 20) probabilities of each amino acid replacing another; rows sum to 1."""
CODONS: list[NDArray[np.intp]] = [np.flatnonzero(encode(_CODE) == code) for code in range(20)]
"""The codons of each amino acid, as rows of REACHED."""
REACHED = _reached()
"""(64, 20) whether one nucleotide change of a codon gives this other amino acid."""
