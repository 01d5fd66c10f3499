"""What is asked: a change or a position of a protein, or of a chromosome, as people write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from converters.errors import InputError
from converters.residues import LETTERS

_MOST_WORDS = 4  # of one query: 10 89692905 G A
_NAME = r"(?P<name>[A-Za-z][\w.@-]*)"
_RESIDUE = r"(?:[A-Za-z]{3}|[A-Za-z])"
_PROTEIN = re.compile(
    rf"{_NAME}(?:\s*:\s*|\s+)(?:p\.)?\(?(?P<ref>{_RESIDUE})?(?P<pos>[0-9]+)(?P<alt>{_RESIDUE}|[*=?])?\)?"
)
_VAR = re.compile(r"(?P<name>\w[\w.]*)_(?P<pos>[0-9]+)_(?P<ref>[A-Z*])_(?P<alt>[A-Z*])")
_GENOMIC = re.compile(
    r"(?P<chrom>\w[\w.]*)\s*[-:\s]\s*(?P<pos>[0-9]+)\s*[-:\s]?\s*(?P<ref>[ACGT]+)\s*[-:>/\s]\s*(?P<alt>[ACGT]+)",
    re.IGNORECASE,
)
_SITE = re.compile(r"(?P<chrom>chr\w+|[0-9]{1,2}|[XYM]|MT)\s*[-:\s]\s*(?P<pos>[0-9]+)", re.I)
_EXPECTED = (
    "expected a change such as 'PTEN R130Q' or ENST00000371953:p.Arg130Gln, a position such as"
    " 'PTEN 130', or a nucleotide change such as 10-89692905-G-A"
)


@dataclass(frozen=True)
class Change:
    """A change of a gene or transcript `name` at a position from 1; None: any residue."""

    text: str
    name: str
    position: int
    ref: str | None = None
    alt: str | None = None


@dataclass(frozen=True)
class Place:
    """A change of a chromosome at a position from 1; None: any nucleotide."""

    text: str
    chrom: str
    position: int
    ref: str | None = None
    alt: str | None = None


def parse(words: Sequence[str]) -> list[Change | Place]:
    """Read queries, each one word of the command line or several that were not quoted.

    Raises:
        InputError: a word begins no query, or what it asks for is no missense change.
    """
    queries, at = [], 0
    while at < len(words):
        for end in range(min(at + _MOST_WORDS, len(words)), at, -1):
            text = " ".join(words[at:end]).strip()
            if query := _read(text):
                queries.append(query)
                at = end
                break
        else:
            raise InputError(f"query {words[at]!r}: {_EXPECTED}")
    return queries


def _read(text: str) -> Change | Place | None:
    if found := _VAR.fullmatch(text):
        return Change(text, found["name"], int(found["pos"]), *_residues(found, text))
    for pattern in (_GENOMIC, _SITE):
        if found := pattern.fullmatch(text):
            alleles = found.groupdict()
            ref, alt = (alleles.get(side) for side in ("ref", "alt"))
            return Place(
                text, found["chrom"], int(found["pos"]), ref and ref.upper(), alt and alt.upper()
            )
    if found := _PROTEIN.fullmatch(text):
        return Change(text, found["name"], int(found["pos"]), *_residues(found, text))
    return None


def _residues(found: re.Match[str], text: str) -> tuple[str | None, str | None]:
    ref, alt = (_letter(found[side], text) if found[side] else None for side in ("ref", "alt"))
    if alt and not ref:
        raise InputError(f"query {text!r}: names no reference residue; {_EXPECTED}")
    if ref and ref == alt:
        raise InputError(f"query {text!r}: keeps the residue; gMVP scores missense changes")
    return ref, alt


def _letter(residue: str, text: str) -> str:
    """The letter of a residue that is written with one or three."""
    from Bio.Data.IUPACData import protein_letters_3to1

    letter = protein_letters_3to1.get(residue.title(), residue.upper())
    if letter in LETTERS:
        return str(letter)
    if residue.upper() in ("*", "X", "TER"):
        raise InputError(f"query {text!r}: a stop is no missense change, and gMVP scores those")
    if residue == "=":
        raise InputError(f"query {text!r}: keeps the residue; gMVP scores missense changes")
    raise InputError(
        f"query {text!r}: {residue} is none of the 20 amino acids ({LETTERS}, or Ala, Cys, ...)"
    )
