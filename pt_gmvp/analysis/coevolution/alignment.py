"""Alignments of any size as residue codes, with one column per position."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.alignments import FORMATS, SUFFIXES, Row, aligned, matched, read_rows
from converters.errors import InputError
from converters.residues import AMINO_ACIDS, encode
from converters.text import plain_suffix, read_text

# Characters allowed besides letters: gaps, stops, and signs of some programs for unknown.
_NOT_ALLOWED = re.compile(r"[^A-Za-z.\-*~?]")
_GAPS = "-.~"
_CLUSTAL_HEADERS = ("CLUSTAL", "PROBCONS", "MUSCLE", "MSAPROBS", "KALIGN", "BIOPYTHON")


class Alignment(NamedTuple):
    """Sequences by positions, the query first.

    `codes` (N, L) uint8, 0 to 19 for the amino acids, 20 for all else; `letters` the query's, one
    per position; `positions` (L,) int64, the number of each position, by default the residue's
    number in the query from 1; `form` the format; `notes` for the user.
    """

    codes: NDArray[np.uint8]
    letters: str
    positions: NDArray[np.int64]
    form: str
    notes: tuple[str, ...]


def read_alignment(
    path: str | Path, form: str | None = None, *, keep_gaps: bool = False, first: int = 1
) -> Alignment:
    """Read an alignment, gzipped or not.

    The 20 amino acids get codes 0 to 19, all else (gaps, stops, the letters B J O U X Z) gets 20.
    In A3M and A2M, lower case and dots are insertions and are dropped; in a Compara table lower
    case is not a residue, as in the original; elsewhere it counts as upper case.

    Args:
        path: aligned FASTA, A3M, A2M, Stockholm, Clustal, or the original's `.compara103` table.
        form: the format; by default from the suffix, else from the beginning of the text. FASTA
            whose rows have equal width only without lower case is read as A3M, with a note.
        keep_gaps: keep the columns where the query, the first sequence, has a gap; positions are
            then numbered by column.
        first: the number of the query's first residue, or of the first column.

    Raises:
        InputError: not an alignment, or not in this format.
        OSError: the file cannot be read.
    """
    text = read_text(path)
    given = form
    form = form or _form(Path(path), text)
    if form not in FORMATS:
        raise InputError(f"format {form!r}; expected one of {', '.join(FORMATS)}")
    rows = read_rows(text, form, path)
    notes = []
    if given is None and form == "fasta" and _inserts(rows):
        form = "a3m"
        notes.append("rows have equal width only without lower case, so they are read as A3M")
    letters = aligned(rows, form, path)
    query = letters[0]
    kept = np.array([keep_gaps or letter not in _GAPS for letter in query], bool)
    if not kept.any():
        raise InputError(
            f"{path}: its first sequence, {rows[0].name[:60]}, has no residue; expected the query"
        )
    positions = np.arange(len(query)) if keep_gaps else _numbers(rows[0].letters, form)
    dropped = int((~kept).sum())
    if dropped:
        notes.append(f"{dropped} columns in which the query has a gap are left out")
    if len(query) >= 20 and set(query.upper()) <= set("ACGTUN-.~"):
        notes.append("the query looks like nucleotides, but is read as amino acids")
    return Alignment(
        _codes(path, rows, letters, kept),
        "".join(np.array(list(query))[kept]),
        positions[kept].astype(np.int64) + first,
        form,
        tuple(notes),
    )


def _form(path: Path, text: str) -> str:
    """Return the format by the suffix, else by the beginning of the text."""
    if (suffix := plain_suffix(path)) in SUFFIXES:
        return SUFFIXES[suffix]
    start = text.lstrip()[:4096]
    if start.startswith(">"):
        return "fasta"
    if start.startswith("# STOCKHOLM"):
        return "stockholm"
    if start.upper().startswith(_CLUSTAL_HEADERS):
        return "clustal"
    if start.split("\n", 1)[0].count("\t") == 2:
        return "compara"
    raise InputError(
        f"{path}: unknown format, judging by its name and content; give --format"
        f" ({', '.join(FORMATS)})"
    )


def _inserts(rows: Sequence[Row]) -> bool:
    """Return whether rows have equal width only after lower case and dots are dropped."""
    if len({len(row.letters) for row in rows}) == 1:
        return False
    return len({len(matched(row.letters)) for row in rows}) == 1


def _numbers(query: str, form: str) -> NDArray[np.int64]:
    """Number a query's columns by its residues, from 0; A3M's insertions count, but are dropped."""
    residue = np.array([letter not in _GAPS for letter in query], bool)
    numbers = np.cumsum(residue) - 1
    if form == "a3m":
        numbers = numbers[[not letter.islower() and letter != "." for letter in query]]
    return numbers


def _codes(
    path: str | Path, rows: Sequence[Row], letters: Sequence[str], kept: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Encode row by row, to avoid a second copy of the alignment in memory."""
    codes = np.empty((len(rows), int(kept.sum())), np.uint8)
    for number, (row, text) in enumerate(zip(rows, letters, strict=True)):
        strange = _NOT_ALLOWED.search(text)
        if strange:
            raise InputError(
                f"{path}: sequence {row.name[:60]} has {strange.group()!r} in column"
                f" {strange.start() + 1}; expected letters of amino acids ({AMINO_ACIDS}) and gaps"
            )
        codes[number] = encode(text)[kept]
    return codes
