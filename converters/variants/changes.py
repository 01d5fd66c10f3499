"""Substitutions in a protein as people write them: R130Q, p.Arg130Gln, 130_R_Q."""

import re
from typing import NamedTuple

from Bio.Data.IUPACData import protein_letters_1to3, protein_letters_3to1_extended

from converters.errors import InputError
from converters.residues import AMINO_ACIDS

UNKNOWN = "*"
"""The letter, in names of variants, of a residue that is not one of the twenty."""

EXAMPLES = "R130Q, p.Arg130Gln or 130_R_Q"

MALFORMED = "malformed cell"
STOP = "gains or loses a stop"
SEVERAL = "several mutations"
OTHER_CHANGE = "not a substitution of one residue"
NO_CHANGE = "no change of a protein"
NOT_AMINO_ACID = "substitute is not one of the 20 amino acids"
# No protein needs more than nine digits, and Python refuses to read numbers of many thousands.
_SHORT = re.compile(r"([A-Z*])([0-9]{1,9})([A-Z*=])")
_LONG = re.compile(r"([A-Z]{3})([0-9]{1,9})([A-Z]{3}|[*=])")
_NAMED = re.compile(r"([0-9]{1,9})_([A-Z*])_([A-Z*])")
_SITE = re.compile(r"([A-Z]{3}|[A-Z*])?([0-9]{1,9})")
_VARIANT = re.compile(r"(\S+)_(\d+_[A-Za-z*]_[A-Za-z*])")
PLAIN_NAME = re.compile(r"[\w.|-]+")
LONG_NAME = 14  # characters; no substitution is as long
_CLINVAR = re.compile(r"([\w.]+)\([\w.-]+\):c\.[^\s,;]+ \((p\.[^\s,;()]+)\)")
_EXON = re.compile(r":exon[0-9]+:c\.[^:]+:p\.")
_REFERENCE_SEQUENCE = re.compile(r"ENS[A-Z]*T[0-9]|[NX]M_[0-9]")
_OTHER_LEVEL = re.compile(r"[cgmnor]\.")
_NO_PROTEIN_CHANGE = ("", "=", "?", "0", "0?", ".", "-", "NA", "NONE", "NAN", "WT", "_WT", "_SY")
_BETWEEN = re.compile(r"[:;,/+|&\s\[\]()]+|(?<=[A-Z*=])_(?=[A-Z])|P\.")
_OTHER_END = re.compile(r"FS|DEL|INS|DUP|EXT|CON|TER|\*|\?")
_DRESSED = re.compile(r"\(?(?:[Pp]\.)?[(\[]?(.*?)[)\]]{0,2}")
_SHOWN = 40  # characters of a text in a message
LETTER_OF = {name.upper(): letter for name, letter in protein_letters_3to1_extended.items()}


class SubstitutionError(InputError):
    """A text that does not name a substitution, or one that the protein cannot have.

    `kind` is one of the words below, for counts; the message says more.
    """

    def __init__(self, message: str, kind: str = MALFORMED) -> None:
        super().__init__(message)
        self.kind = kind


class Substitution(NamedTuple):
    """The replacement of one residue by another.

    `position` counts from 1. `ref` and `alt` are letters of the twenty amino acids; `ref` may be
    `*`, for a residue that is not one of them. They may be the same: the original scores that too.
    """

    position: int
    ref: str
    alt: str

    def __str__(self) -> str:
        return f"{shown(self.ref)}{self.position}{self.alt}"

    @property
    def hgvs(self) -> str:
        """Return it in HGVS notation, such as p.Arg130Gln."""
        ref = protein_letters_1to3.get(self.ref, "Xaa")
        alt = "=" if self.ref == self.alt else protein_letters_1to3[self.alt]
        return f"p.{ref}{self.position}{alt}"

    def named(self, transcript: str) -> str:
        """Return its name in tables of scores: `<transcript>_<position>_<ref>_<alt>`."""
        return f"{transcript}_{self.position}_{self.ref}_{self.alt}"


class Site(NamedTuple):
    """A position of a protein, from 1, and the residue there, None if not given."""

    position: int
    ref: str | None


class Variant(NamedTuple):
    """A substitution in the protein of a transcript."""

    transcript: str
    substitution: Substitution


def parse_substitution(text: str) -> Substitution:
    """Parse one substitution, in one-letter or three-letter code or as tables name it.

    Raises:
        SubstitutionError: not a substitution; the message names stops and DNA-level changes.
    """
    written = text.strip()
    bare = _bare(written)
    if found := _NAMED.fullmatch(bare):
        position, ref, alt = found.groups()
    elif found := (_SHORT.fullmatch(bare) or _LONG.fullmatch(bare)):
        ref, position, alt = found.groups()
    else:
        raise _no_substitution(written, bare)
    place = _position(position, written)
    if alt in (UNKNOWN, "TER") or ref == "TER":
        raise SubstitutionError(
            f"{quoted(written)} gains or loses a stop; gMVP scores only substitutions of amino"
            f" acids, for example {EXAMPLES}",
            STOP,
        )
    before = _reference(ref, written)
    after = before if alt == "=" else _letter(alt, written)
    if after not in AMINO_ACIDS:
        raise SubstitutionError(
            f"{quoted(written)}: the new residue is {after}; expected one of {AMINO_ACIDS}",
            NOT_AMINO_ACID,
        )
    return Substitution(place, before, after)


def _no_substitution(written: str, bare: str) -> SubstitutionError:
    """Return the error for a text that is not a substitution, by what it is instead."""
    if _OTHER_LEVEL.match(written) or bare in _NO_PROTEIN_CHANGE:
        what, kind = "a change of a protein", NO_CHANGE
    elif len(parts := [part for part in _BETWEEN.split(bare) if part]) > 1 and all(
        _is_short(part) for part in parts
    ):
        return SubstitutionError(
            f"{quoted(written)} has {len(parts)} mutations; gMVP scores one substitution at a time",
            SEVERAL,
        )
    elif frame := _OTHER_END.search(bare):
        what = "a substitution of one residue"
        kind = STOP if frame[0] in ("TER", "*") else OTHER_CHANGE
    else:
        what, kind = "a substitution of one residue", MALFORMED
    return SubstitutionError(
        f"{quoted(written)} is not {what}; expected for example {EXAMPLES}", kind
    )


def _is_short(part: str) -> bool:
    return bool(_SHORT.fullmatch(part) or _LONG.fullmatch(part) or _NAMED.fullmatch(part))


def parse_site(text: str) -> Site | None:
    """Parse a position of a protein, such as 130, R130 or p.Arg130; return None for other text.

    Raises:
        SubstitutionError: it is 0, or the residue is not an amino acid.
    """
    written = text.strip()
    found = _SITE.fullmatch(_bare(written))
    if not found:
        return None
    return Site(_position(found[2], written), _reference(found[1], written) if found[1] else None)


def split_variant(text: str) -> tuple[str, str] | None:
    """Split a text into the name of a protein and the change; return None if it has other parts.

    Accepts `<name> <change>`, `<name>:<change>` and `<name>_130_R_Q`; parses neither part.
    """
    words = re.sub(r"\s*:\s*", ":", text.strip()).split()
    if len(words) == 1 and ":" in words[0]:
        words = words[0].rsplit(":", 1)
    elif len(words) == 1 and (named := _VARIANT.fullmatch(words[0])):
        words = list(named.groups())
    return (words[0], words[1]) if len(words) == 2 and all(words) else None


def split_name(cell: str) -> tuple[str, str]:
    """Split a cell of changes into the name of a protein, empty without one, and the change.

    Names come before a colon (ENST00000371953:p.Arg130Gln, also with a gene or with ANNOVAR's
    exon and coding change between), in a variant's name (ENST00000371953_130_R_Q), or before a
    space. Of ClinVar's NM_000314.8(PTEN):c.389G>A (p.Arg130Gln) the name is NM_000314.8. A cell of
    several variants is not split, so that none is taken for another.
    """
    text = cell.strip()
    name, colon, change = text.rpartition(":")
    if colon:
        if PLAIN_NAME.fullmatch(name) and not (len(name) < LONG_NAME and _is_short(_bare(name))):
            return name, change
        return _split_names(text)
    if found := _VARIANT.fullmatch(text):
        return found[1], found[2]
    words = text.split()
    if len(words) == 2 and not _is_short(_bare(words[0])):
        return words[0], words[1]
    return "", text


def _split_names(text: str) -> tuple[str, str]:
    """Split a cell with several colons, or with brackets, if it is one variant's."""
    if found := _CLINVAR.fullmatch(text):
        return found[1], found[2]
    names = text.split(":")
    change = names.pop()
    if len(names) > 1 and all(map(PLAIN_NAME.fullmatch, names)) and _EXON.search(text):
        return next((name for name in names if _REFERENCE_SEQUENCE.match(name)), names[0]), change
    return "", text


def parse_variant(text: str) -> Variant:
    """Parse a transcript and a substitution in its protein.

    Accepts `<transcript> R130Q`, `<transcript>:p.Arg130Gln` (either with any notation of
    `parse_substitution`), and `<transcript>_130_R_Q`.

    Raises:
        SubstitutionError: for any other text.
    """
    parts = split_variant(text)
    if parts is None:
        raise SubstitutionError(
            f"{quoted(text.strip())} does not name a transcript and a change; expected for example"
            " 'ENST00000371953 R130Q', ENST00000371953:p.Arg130Gln or ENST00000371953_130_R_Q"
        )
    return Variant(parts[0], parse_substitution(parts[1]))


def check_protein(variant: Variant, protein: str) -> None:
    """Raise SubstitutionError for a variant that the protein cannot have.

    Args:
        variant: the variant asked for.
        protein: the transcript's residues, one letter each, `*` for one that is not of the twenty.

    Raises:
        SubstitutionError: its position is beyond the protein, or has another residue.
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
    hint = f" (ask for X{change.position}{change.alt} instead)" if there == UNKNOWN else ""
    raise SubstitutionError(
        f"{change}: {transcript} has {known} at {change.position}, not {shown(change.ref)}{hint};"
        " is it a position in another transcript?"
    )


def shown(ref: str) -> str:
    """Return a residue as people write it, X for one that is not one of the twenty."""
    return "X" if ref == UNKNOWN else ref


def quoted(text: str, longest: int = _SHOWN) -> str:
    """Return a text for a message: quoted, cut, and without control characters."""
    cut = text if len(text) <= longest else text[:longest] + "..."
    return repr(cut)


def _bare(written: str) -> str:
    # Upper case turns some letters beyond ASCII into ASCII ones.
    found = _DRESSED.fullmatch(written)
    return found[1].upper() if found and written.isascii() else written


def _position(digits: str, written: str) -> int:
    if int(digits) < 1:
        raise SubstitutionError(f"{quoted(written)}: positions count from 1")
    return int(digits)


def _letter(code: str, written: str) -> str:
    if len(code) == 1:
        return code
    if code not in LETTER_OF:
        raise SubstitutionError(
            f"{quoted(written)}: {code.title()} is not an amino acid",
            OTHER_CHANGE if _OTHER_END.fullmatch(code) else NOT_AMINO_ACID,
        )
    return str(LETTER_OF[code])


def _reference(code: str, written: str) -> str:
    """Return the letter of a reference residue, UNKNOWN unless it is one of the twenty."""
    letter = _letter(code, written)
    return letter if letter in AMINO_ACIDS else UNKNOWN
