"""Residue codes: 0 to 19 for the amino acids in the order of AMINO_ACIDS, 20 for all else."""

import numpy as np
from numpy.typing import NDArray

from converters.columns import N_AMINO_ACIDS

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
OTHER = N_AMINO_ACIDS
"""Gaps, stops, lower case and the letters B J O U X Z."""

_CODES = np.full(256, OTHER, np.uint8)
_CODES[np.frombuffer(AMINO_ACIDS.encode(), np.uint8)] = np.arange(len(AMINO_ACIDS))


def encode(sequence: str) -> NDArray[np.uint8]:
    """Encode a sequence, one code a character: (length,) uint8."""
    # A character beyond Latin-1 is no residue; '?' stands for it and so keeps its place.
    return _CODES[np.frombuffer(sequence.encode("latin-1", "replace"), np.uint8)]


def letter(code: int) -> str:
    """Return the letter of a code, `*` for every code that is no amino acid."""
    return AMINO_ACIDS[code] if 0 <= code < len(AMINO_ACIDS) else "*"


SELENOCYSTEINE = "U"
"""HHsuite and others write cysteine for it; it is the same residue of the same protein."""


def same_residue(one: str, other: str) -> bool:
    """Return whether two letters may stand for one residue: equal, or U and C; case is ignored."""
    pair = {one.upper(), other.upper()}
    return len(pair) == 1 or pair == {SELENOCYSTEINE, "C"}
