"""Alignments in the formats users have, read into named rows of letters."""

import io
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from converters.errors import InputError

SUFFIXES = {
    ".compara103": "compara",
    ".a3m": "a3m", ".a2m": "a3m",
    ".fasta": "fasta", ".fa": "fasta", ".afa": "fasta", ".fas": "fasta", ".mfa": "fasta",
    ".sto": "stockholm", ".stockholm": "stockholm", ".stk": "stockholm",
    ".aln": "clustal", ".clustal": "clustal", ".clw": "clustal",
}  # fmt: skip
"""File suffix -> format."""

FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))

# Annotation rows that HHsuite's tools add to an A3M file.
_NO_SEQUENCES = ("ss_pred", "ss_conf", "ss_dssp", "sa_pred", "sa_dssp")
# In A3M, lower case is an insertion relative to the query, and dots only pad insertions.
_INSERTIONS = {code: None for code in (*range(ord("a"), ord("z") + 1), ord("."))}


class Row(NamedTuple):
    """One sequence: its whole name line and its letters, unchanged."""

    name: str
    letters: str


def read_rows(text: str, form: str, path: object) -> list[Row]:
    """Read the rows of an alignment; letters are unchanged except that white space is removed.

    Args:
        text: the content of the file.
        form: one of FORMATS.
        path: the file's name, for messages.

    Raises:
        InputError: not an alignment in this format, or no sequence in it.
    """
    if form == "compara":
        rows = [Row(fields[0], fields[2]) for fields in compara_fields(text, path)]
    else:
        rows = _by_biopython(text, form, path)
    if not rows:
        raise InputError(f"{path}: contains no sequence; expected an alignment")
    if form == "a3m":
        rows = [row for row in rows if not row.name.startswith(_NO_SEQUENCES)] or rows
    return rows


def compara_fields(text: str, path: object) -> list[tuple[str, str, str]]:
    """Split the original's table into (species, percent identity, aligned sequence) per line.

    Raises:
        InputError: a line does not have three fields.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != 3:
            raise InputError(
                f"{path}, line {number}: {len(fields)} fields; expected species, percent identity"
                " and sequence, tab-separated"
            )
        found.append((fields[0], fields[1], fields[2]))
    return found


def aligned(rows: Sequence[Row], form: str, path: object) -> list[str]:
    """Bring rows to one width: drop A3M's insertions, and change lower case elsewhere to upper.

    The letters of a Compara table stay as they are: there, lower case is not a residue.

    Raises:
        InputError: a row is not as wide as the first one; the message names it.
    """
    if form == "a3m":
        letters = [matched(row.letters) for row in rows]
    else:
        letters = [row.letters if form == "compara" else row.letters.upper() for row in rows]
    width = len(letters[0])
    for row, text in zip(rows, letters, strict=True):
        if len(text) != width:
            raise InputError(
                f"{path}: sequence {row.name[:60]} has {len(text)} columns, the first one {width};"
                " expected an alignment"
            )
    return letters


def matched(letters: str) -> str:
    """Drop the insertions of an A3M row, which leaves the columns of the query."""
    return letters.translate(_INSERTIONS)


def _by_biopython(text: str, form: str, path: object) -> list[Row]:
    from Bio import AlignIO
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    try:
        if form in ("stockholm", "clustal"):
            found = AlignIO.read(io.StringIO(text), form)
            # Stockholm's description may name the species.
            pairs = [
                (" ".join(dict.fromkeys((item.id, item.description))), str(item.seq))
                for item in found
            ]
        else:
            pairs = list(SimpleFastaParser(io.StringIO(text)))
    except Exception as error:  # Biopython raises all kinds of errors for damaged text
        detail = " ".join(str(error).split()) or type(error).__name__
        detail = _width_mismatch(text) or detail
        kind = form if form in ("stockholm", "clustal") else "FASTA"
        raise InputError(f"{path}: not a {kind} alignment ({detail:.100})") from None
    return [Row(name, "".join(letters.split())) for name, letters in pairs]


def _width_mismatch(text: str) -> str:
    """Name the first row of Stockholm or Clustal text that is not as wide as the first one."""
    widths: Counter[str] = Counter()
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 2 and line[0] not in "# /":
            widths[fields[0]] += len(fields[1])
    first = next(iter(widths.values()), 0)
    odd = next((name for name, width in widths.items() if width != first), None)
    return "" if odd is None else f"{odd:.40} has {widths[odd]} columns, the first row {first}"
