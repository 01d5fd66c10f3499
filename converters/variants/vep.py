"""VEP's own tables: their columns, with or without a header, and the parts of a cell."""

import re
from collections.abc import Sequence

MISSENSE = "missense_variant"

START = "Uploaded_variation"
"""The first column's name; VEP writes a `#` before it."""

DEFAULT = (
    START,
    "Location",
    "Allele",
    "Gene",
    "Feature",
    "Feature_type",
    "Consequence",
    "cDNA_position",
    "CDS_position",
    "Protein_position",
    "Amino_acids",
    "Codons",
    "Existing_variation",
    "Extra",
)
"""The columns of VEP's default output, in order."""

_CONSEQUENCE = re.compile(r"[a-z0-9]+_[a-z0-9_]+(?:[,&][a-z0-9_]+)*")
_LOCATION = re.compile(r"(\S+):([0-9]+)(?:-([0-9]+))?")
_POSITION = re.compile(r"([1-9][0-9]{0,8})(?:/[0-9]+)?")


def is_default_row(cells: Sequence[str]) -> bool:
    """Return whether cells are a row of VEP's default output, which may lack its header."""
    if len(cells) != len(DEFAULT):
        return False
    row = dict(zip(DEFAULT, cells, strict=True))
    return bool(
        _LOCATION.fullmatch(row["Location"])
        and _CONSEQUENCE.fullmatch(row["Consequence"])
        and row["Feature_type"] in ("Transcript", "RegulatoryFeature", "MotifFeature", "-", "")
    )


def extra(text: str) -> dict[str, str]:
    """Return the pairs of an Extra cell: `IMPACT=MODERATE;STRAND=1`; empty for `-`."""
    return dict(pair.partition("=")[::2] for pair in text.split(";") if "=" in pair)


def location(text: str) -> tuple[str, int, int] | None:
    """Return chromosome, first and last position of a Location; None for other text."""
    found = _LOCATION.fullmatch(text)
    return (found[1], int(found[2]), int(found[3] or found[2])) if found else None


def consequences(text: str) -> list[str]:
    """Split a Consequence, at commas as in tables or at `&` as in a VCF."""
    return text.replace("&", ",").split(",")


def protein_position(text: str) -> int | None:
    """Return the position of a substitution of one residue; None for `-`, `?-131` and ranges.

    `130/403`, which --total_length writes, is position 130.
    """
    found = _POSITION.fullmatch(text)
    return int(found[1]) if found else None


def residues(text: str) -> tuple[str, str] | None:
    """Return reference and substitute of Amino_acids, such as R/Q; None unless one letter each."""
    ref, _, alt = text.upper().partition("/")
    return (ref, alt) if text.isascii() and len(ref) == len(alt) == 1 else None


def codons(text: str) -> tuple[str, str] | None:
    """Return reference and new codon of Codons, such as cGa/cAa, in upper case; None for others."""
    ref, _, alt = text.upper().partition("/")
    good = len(ref) == len(alt) == 3 and set(ref + alt) <= set("ACGTN")
    return (ref, alt) if good else None
