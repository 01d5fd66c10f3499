"""Profile made from a protein's own alignment, where there is none of HHblits."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from converters.alignments import SUFFIXES, aligned, read_rows
from converters.errors import InputError
from converters.features.alignment import HUMAN
from converters.features.frequencies import weighted_profile
from converters.features.profile import Profile
from converters.residues import encode
from converters.text import plain_suffix, read_text


class AlignmentProfile(NamedTuple):
    """A profile, and what it was made of."""

    profile: Profile
    made_of: str


def made_of(path: Path) -> str:
    """Return what a profile from an alignment is made of, but for the number of sequences."""
    return f"frequencies of {path.name} ("


def profile_from_alignment(path: Path) -> AlignmentProfile:
    """Make a profile of all sequences of an alignment, by `weighted_profile`.

    The protein is the alignment's first sequence, in the original's table the row of the human one.

    Raises:
        InputError: not an alignment, or a table without a human row.
        OSError: the file cannot be read.
    """
    form = SUFFIXES.get(plain_suffix(path), "fasta")
    rows = read_rows(read_text(path), form, path)
    letters = aligned(rows, form, path)
    at = 0
    if form == "compara":
        names = [row.name for row in rows]
        if HUMAN not in names:
            raise InputError(f"{path}: has no row {HUMAN}, whose profile could be made")
        at = names.index(HUMAN)
    columns = np.array([character not in "-." for character in letters[at]], bool)
    query = "".join(character for character in letters[at] if character not in "-.").upper()
    if not query:
        raise InputError(f"{path}: the protein's sequence has no residue")
    residues = np.stack([encode(row)[columns] for row in letters])
    # A residue that is not one of the twenty may be the only one at its position: zeros.
    rows_of_profile = np.column_stack([encode(query), weighted_profile(residues)])
    profile = Profile(rows_of_profile.astype(np.float64), query)
    return AlignmentProfile(profile, f"{made_of(path)}{len(rows):,} sequences)")
