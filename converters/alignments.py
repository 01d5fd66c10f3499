"""Alignments in the formats users have, read into named rows of letters."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from converters.errors import InputError
from converters.text import lines_of

SUFFIXES = {
    ".compara103": "compara",
    ".a3m": "a3m", ".a2m": "a3m",
    ".fasta": "fasta", ".fa": "fasta", ".afa": "fasta", ".fas": "fasta", ".mfa": "fasta",
    ".faa": "fasta",
    ".sto": "stockholm", ".stockholm": "stockholm", ".stk": "stockholm", ".sth": "stockholm",
    ".aln": "clustal", ".clustal": "clustal", ".clw": "clustal",
}  # fmt: skip
"""File suffix -> format, for every command; `converters.text.COMPRESSED` may follow."""

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
    elif form == "a3m":
        rows = _a3m(text, path)
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
    for number, line in enumerate(lines_of(text), 1):
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


def _a3m(text: str, path: object) -> list[Row]:
    """Read A3M; a NUL byte ends an alignment, as in HHsuite's databases and ColabFold's files.

    Several alignments of one query are one alignment; its first row is the query of the first.
    """
    parts = [part for part in text.split("\0") if part.strip()] or [""]
    found = [_by_biopython(part, "a3m", path) for part in parts]
    for number, rows in enumerate(found[1:], 2):
        if not rows or matched(rows[0].letters) != matched(found[0][0].letters):
            raise InputError(
                f"{path}: NUL bytes divide it into {len(parts)} alignments, and the first sequence"
                f" of number {number} is not that of the first; expected one query"
            )
    return found[0] + [row for rows in found[1:] for row in rows[1:]]


class _Lines:
    """Lines of a text as Biopython reads them; its Clustal reader asks on for ever at the end."""

    _PATIENCE = 1000

    def __init__(self, text: str) -> None:
        self._lines: Iterator[str] = (f"{line}\n" for line in lines_of(text))
        self._ended = 0

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def readline(self) -> str:
        line = next(self._lines, "")
        self._ended += not line
        if self._ended > self._PATIENCE:
            raise ValueError("it ends before its first sequence")
        return line


def _by_biopython(text: str, form: str, path: object) -> list[Row]:
    from Bio import AlignIO
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    kind = form if form in ("stockholm", "clustal") else "FASTA"
    if "\0" in text:
        at = text[: text.index("\0")].count("\n") + 1
        raise InputError(f"{path}, line {at}: contains a NUL byte; expected a {kind} alignment")
    try:
        if form in ("stockholm", "clustal"):
            found = AlignIO.read(_Lines(text), form)
            # Stockholm's description may name the species.
            pairs = [
                (" ".join(dict.fromkeys((item.id, item.description))), str(item.seq))
                for item in found
            ]
        else:
            pairs = list(SimpleFastaParser(_Lines(text)))
    except Exception as error:  # Biopython raises all kinds of errors for damaged text
        detail = " ".join(str(error).split()) or type(error).__name__
        detail = _width_mismatch(text) or detail
        raise InputError(f"{path}: not a {kind} alignment ({detail:.100})") from None
    return [Row(name, "".join(letters.split())) for name, letters in pairs]


def _width_mismatch(text: str) -> str:
    """Name the first row of Stockholm or Clustal text that is not as wide as the first one."""
    widths: Counter[str] = Counter()
    lines = lines_of(text)
    next(lines, None)
    for line in lines:
        fields = line.split()
        if len(fields) >= 2 and line[0] not in "# /":
            widths[fields[0]] += len(fields[1])
    first = next(iter(widths.values()), 0)
    odd = next((name for name, width in widths.items() if width != first), None)
    return "" if odd is None else f"{odd:.40} has {widths[odd]} columns, the first row {first}"
