"""A protein's residues, and the comparison of another file's sequence with them."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.residues import encode, letter, same_residue


class Protein(NamedTuple):
    """`codes` (length,) uint8 of the residues, and their `letters` as the profile has them."""

    codes: NDArray[np.uint8]
    letters: str


def protein_of(codes: NDArray[np.uint8]) -> Protein:
    """Return a protein of which only the codes are known; X stands for code 20."""
    return Protein(codes, "".join(map(letter, codes.tolist())).replace("*", "X"))


def compare(sequence: str, protein: Protein, path: Path, its: str, expected: str) -> list[str]:
    """Compare a sequence with a protein residue by residue; return notes for the user.

    Selenocysteine, U, and cysteine, which HHsuite writes for it, are the same residue.

    Args:
        sequence: one letter a residue, in upper or lower case.
        protein: as the profile has it.
        path: the file that the sequence is from.
        its: what it is in the file, such as "its first sequence".
        expected: how the message ends.

    Raises:
        InputError: another length, or another residue; the message shows both letters.
    """
    codes, letters = protein
    sequence = sequence.upper()
    if len(sequence) != len(codes):
        raise InputError(
            f"{path}: {its} has {len(sequence)} residues, the protein {len(codes)}; {expected}"
        )
    differing = np.flatnonzero(encode(sequence) != codes).tolist()
    for at in differing:
        if not same_residue(sequence[at], letters[at]):
            raise InputError(
                f"{path}: {its} has {sequence[at]} at position {at + 1}, the protein"
                f" {letters[at]}; {expected}"
            )
    if not differing:
        return []
    at = differing[0]
    more = f" and {len(differing) - 1} more" if differing[1:] else ""
    return [
        f"{path.name}: {its} has {sequence[at]} at position {at + 1}{more}, the profile"
        f" {letters[at]}: U is selenocysteine, for which C may stand, so the residue is the same"
    ]
