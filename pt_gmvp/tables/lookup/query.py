"""Queries: a change or position of a protein or of a chromosome, as people write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from converters.errors import InputError
from converters.variants.changes import (
    SubstitutionError,
    parse_site,
    parse_substitution,
    split_variant,
)

_MOST_WORDS = 4  # of one query: 10 89692905 G A
_NAME = re.compile(r"[A-Za-z][\w.@-]*")
_POSITION = r"(?P<pos>[0-9]{1,9})"  # no chromosome is longer
_GENOMIC = re.compile(
    rf"(?P<chrom>\w[\w.]*)\s*[-:\s]\s*{_POSITION}\s*[-:\s]?\s*(?P<ref>[ACGT]+)\s*[-:>/\s]\s*(?P<alt>[ACGT]+)",
    re.IGNORECASE,
)
_SITE = re.compile(rf"(?P<chrom>chr\w+|[0-9]{{1,2}}|[XYM]|MT)\s*[-:\s]\s*{_POSITION}", re.I)
_MEANT_AS_CHANGE = re.compile(r"[a-z]\.\S+|\(?[A-Za-z*]{0,3}[0-9][^\s:_-]*")
_EXPECTED = (
    "expected a change such as 'PTEN R130Q' or ENST00000371953:p.Arg130Gln, a position such as"
    " 'PTEN 130', or a nucleotide change such as 10-89692905-G-A"
)


@dataclass(frozen=True)
class Change:
    """A change in a gene or transcript `name` at a position from 1; None means any residue.

    `ref` may be `*`, for any residue that is not one of the twenty.
    """

    text: str
    name: str
    position: int
    ref: str | None = None
    alt: str | None = None


@dataclass(frozen=True)
class Place:
    """A change on a chromosome at a position from 1; None means any nucleotide."""

    text: str
    chrom: str
    position: int
    ref: str | None = None
    alt: str | None = None


def parse(words: Sequence[str]) -> list[Change | Place]:
    """Parse queries; each is one word of the command line, or several unquoted ones.

    Raises:
        InputError: a word does not begin a query, or the change is not a substitution.
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
    return _parse_place(text) or _parse_change(text)


def _parse_place(text: str) -> Place | None:
    for pattern in (_GENOMIC, _SITE):
        if found := pattern.fullmatch(text):
            alleles = found.groupdict()
            ref, alt = (alleles.get(side) for side in ("ref", "alt"))
            if not int(found["pos"]):
                raise InputError(f"query {text!r}: positions count from 1")
            return Place(
                text, found["chrom"], int(found["pos"]), ref and ref.upper(), alt and alt.upper()
            )
    return None


def _parse_change(text: str) -> Change | None:
    parts = split_variant(text)
    if parts is None or not _NAME.fullmatch(parts[0]):
        return None
    name, change = parts
    # After a complete query such as X-500-A-C another one follows: MYH7 is not a residue.
    if text != name and _read(name):
        return None
    try:
        if site := parse_site(change):
            return Change(text, name, *site)
        return Change(text, name, *parse_substitution(change))
    except SubstitutionError as error:
        if _MEANT_AS_CHANGE.fullmatch(change):
            raise InputError(f"query {text!r}: {error}") from None
        return None
