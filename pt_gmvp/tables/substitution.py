"""Changes of a protein as people write them: R130Q, p.Arg130Gln, 130_R_Q."""

import re
from typing import NamedTuple

from Bio.Data.IUPACData import protein_letters_1to3, protein_letters_3to1_extended

from converters.errors import InputError
from converters.residues import LETTERS

UNKNOWN = "*"
"""The letter, in names of variants, of a residue that is none of the twenty."""

EXAMPLES = "R130Q, p.Arg130Gln or 130_R_Q"
# No protein is longer than nine digits tell, and Python reads no more than some thousands.
_SHORT = re.compile(r"([A-Z*])([0-9]{1,9})([A-Z*=])")
_LONG = re.compile(r"([A-Z]{3})([0-9]{1,9})([A-Z]{3}|[*=])")
_NAMED = re.compile(r"([0-9]{1,9})_([A-Z*])_([A-Z*])")
_SITE = re.compile(r"([A-Z]{3}|[A-Z*])?([0-9]{1,9})")
_VARIANT = re.compile(r"(\S+)_(\d+_[A-Za-z*]_[A-Za-z*])")
_OTHER_LEVEL = re.compile(r"[cgmnor]\.")
_LETTER_OF = {name.upper(): letter for name, letter in protein_letters_3to1_extended.items()}


class SubstitutionError(InputError):
    """A text that names no exchange of one residue for another, or one that does not fit."""


class Substitution(NamedTuple):
    """One residue in another's place.

    `position` counts from 1. `ref` and `alt` are letters of the twenty amino acids; `ref` may be
    `*`, for any residue that is none of them. They may be the same: the original scores that too.
    """

    position: int
    ref: str
    alt: str

    def __str__(self) -> str:
        return f"{shown(self.ref)}{self.position}{self.alt}"

    @property
    def hgvs(self) -> str:
        """As HGVS has it, such as p.Arg130Gln."""
        ref = protein_letters_1to3.get(self.ref, "Xaa")
        alt = "=" if self.ref == self.alt else protein_letters_1to3[self.alt]
        return f"p.{ref}{self.position}{alt}"

    def named(self, transcript: str) -> str:
        """The name that tables of scores have for it: `<transcript>_<position>_<ref>_<alt>`."""
        return f"{transcript}_{self.position}_{self.ref}_{self.alt}"


class Site(NamedTuple):
    """A position of a protein, from 1, and the residue there; None: whichever it is."""

    position: int
    ref: str | None


class Variant(NamedTuple):
    """A substitution and the transcript that it is of."""

    transcript: str
    substitution: Substitution


def parse_substitution(text: str) -> Substitution:
    """Read one change of a protein, in one-letter or three-letter code or as tables name it.

    Raises:
        SubstitutionError: it is none; a stop, a deletion and the like are named as what they are.
    """
    written = text.strip()
    bare = _bare(written)
    if found := _NAMED.fullmatch(bare):
        position, ref, alt = found.groups()
    elif found := (_SHORT.fullmatch(bare) or _LONG.fullmatch(bare)):
        ref, position, alt = found.groups()
    elif _OTHER_LEVEL.match(written):
        raise SubstitutionError(
            f"{written!r} is no change of a protein; expected such as {EXAMPLES}"
        )
    else:
        raise SubstitutionError(
            f"{written!r} is no exchange of one residue for another; expected such as {EXAMPLES}"
        )
    place = _position(position, written)
    if alt in (UNKNOWN, "TER") or ref == "TER":
        raise SubstitutionError(
            f"{written!r} makes or loses a stop; gMVP scores one amino acid in another's place,"
            f" such as {EXAMPLES}"
        )
    before = _reference(ref, written)
    after = before if alt == "=" else _letter(alt, written)
    if after not in LETTERS:
        raise SubstitutionError(
            f"{written!r}: the residue it changes to is {after}; expected one of {LETTERS}"
        )
    return Substitution(place, before, after)


def parse_site(text: str) -> Site | None:
    """Read a position of a protein, such as 130, R130 or p.Arg130; None if it is none.

    Raises:
        SubstitutionError: it is 0, or the residue is no amino acid.
    """
    written = text.strip()
    found = _SITE.fullmatch(_bare(written))
    if not found:
        return None
    return Site(_position(found[2], written), _reference(found[1], written) if found[1] else None)


def split_variant(text: str) -> tuple[str, str] | None:
    """What stands for the protein, and what for the change of it; None if there are no two parts.

    `<name> <change>`, `<name>:<change>`, or `<name>_130_R_Q`. Neither is read further.
    """
    words = re.sub(r"\s*:\s*", ":", text.strip()).split()
    if len(words) == 1 and ":" in words[0]:
        words = words[0].rsplit(":", 1)
    elif len(words) == 1 and (named := _VARIANT.fullmatch(words[0])):
        words = list(named.groups())
    return (words[0], words[1]) if len(words) == 2 and all(words) else None


def parse_variant(text: str) -> Variant:
    """Read a transcript and a change of its protein.

    `<transcript> R130Q`, `<transcript>:p.Arg130Gln` (any notation of `parse_substitution` after
    either), or `<transcript>_130_R_Q`.

    Raises:
        SubstitutionError: it is none of these.
    """
    parts = split_variant(text)
    if parts is None:
        raise SubstitutionError(
            f"{text.strip()!r} does not name a transcript and a change; expected such as"
            " 'ENST00000371953 R130Q', ENST00000371953:p.Arg130Gln or ENST00000371953_130_R_Q"
        )
    return Variant(parts[0], parse_substitution(parts[1]))


def hold_to_protein(variant: Variant, protein: str) -> None:
    """Refuse a variant that the protein cannot have.

    Args:
        variant: what was asked for.
        protein: its transcript's residues, one letter each, `*` for what is none of the twenty.

    Raises:
        SubstitutionError: beyond the protein, or its residue there is another.
    """
    transcript, change = variant
    if change.position > len(protein):
        raise SubstitutionError(
            f"{change}: {transcript} has {len(protein):,} residues; there is no position"
            f" {change.position}"
        )
    there = protein[change.position - 1]
    if there == change.ref:
        return
    known = "no known residue" if there == UNKNOWN else there
    hint = f" (X{change.position}{change.alt} asks for it as it is)" if there == UNKNOWN else ""
    raise SubstitutionError(
        f"{change}: {transcript} has {known} at {change.position}, not {shown(change.ref)}{hint};"
        " is it another transcript's number?"
    )


def shown(ref: str) -> str:
    """A residue of a protein as people write it: X for what is none of the twenty."""
    return "X" if ref == UNKNOWN else ref


def _bare(written: str) -> str:
    return written.removeprefix("p.").removeprefix("(").removesuffix(")").upper()


def _position(digits: str, written: str) -> int:
    if int(digits) < 1:
        raise SubstitutionError(f"{written!r}: positions count from 1")
    return int(digits)


def _letter(code: str, written: str) -> str:
    if len(code) == 1:
        return code
    if code not in _LETTER_OF:
        raise SubstitutionError(f"{written!r}: {code.title()} is no amino acid")
    return str(_LETTER_OF[code])


def _reference(code: str, written: str) -> str:
    """The letter of a residue that stands in a protein, where all but the twenty are one."""
    letter = _letter(code, written)
    return letter if letter in LETTERS else UNKNOWN
