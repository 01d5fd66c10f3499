"""Tables of allele frequencies: transcript, position, substitute, frequency."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.identifiers import Names
from converters.residues import AMINO_ACIDS
from converters.text import lines_of, read_text

COLUMNS = ("transcript_id", "aa_pos", "alt_aa", "frequency")
FLOOR = 1e-6
"""Added to a frequency before its logarithm, which an allele seen nowhere has too."""


def read_frequencies(
    path: str | Path, lengths: Mapping[str, int]
) -> dict[str, NDArray[np.float32]]:
    """Read a tab-separated table with the columns COLUMNS among others; positions start at 1.

    The frequencies of a substitute at a position are summed: several nucleotide changes cause it.

    Args:
        path: the table, gzipped or not.
        lengths: of each transcript wanted; rows of others are ignored.

    Returns:
        log10(frequency + FLOOR), (length, 20), NaN where unknown, of each transcript with a row.

    Raises:
        InputError: a column is missing, a value is refused, or no row is of a transcript wanted.
        OSError: the file cannot be read.
    """
    lines = lines_of(read_text(path))
    header = [name.strip() for name in next(lines, "").split("\t")]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(
            f"{path}, line 1: no column {missing[0]}; expected {', '.join(COLUMNS)}, tab-separated"
        )
    places = [header.index(name) for name in COLUMNS]
    found: dict[str, NDArray[np.float64]] = {}
    known = Names(lengths, path)
    for number, line in enumerate(lines, 2):
        fields = line.split("\t")
        if not line.strip():
            continue
        if len(fields) != len(header):
            raise InputError(
                f"{path}, line {number}: {len(fields)} fields; the header has {len(header)}"
            )
        written, position, alt, frequency = (fields[place].strip() for place in places)
        name = known.find(written)
        if name is None:
            continue
        where = f"{path}, line {number}"
        row, state = _position(position, lengths[name], where), _state(alt, where)
        rows = found.setdefault(name, np.full((lengths[name], 20), np.nan))
        rows[row, state] = np.nan_to_num(rows[row, state]) + _frequency(frequency, where)
    if not found:
        raise InputError(f"{path}: no row is for a transcript with features; check the names")
    return {name: np.log10(rows + FLOOR).astype(np.float32) for name, rows in found.items()}


def _position(text: str, length: int, where: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= length:
        raise InputError(f"{where}: aa_pos is {text[:20]!r}; expected 1 to {length}")
    return int(text) - 1


def _state(text: str, where: str) -> int:
    if len(text) != 1 or text not in AMINO_ACIDS:
        raise InputError(f"{where}: alt_aa is {text[:20]!r}; expected a letter of {AMINO_ACIDS}")
    return AMINO_ACIDS.index(text)


def _frequency(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not 0 <= value <= 1:
        raise InputError(f"{where}: frequency is {text[:20]!r}; expected 0 to 1")
    return value
