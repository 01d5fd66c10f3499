"""Population counts, four columns: observed and expected rare missense and synonymous variants."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.files import load_npy
from converters.features.ranges import MOST_COUNTS
from converters.text import read_text, table_lines

NAMES = ("obs_mis", "exp_mis", "obs_syn", "exp_syn")
POSITION = ("aa_pos", "position", "pos")


def read_counts(path: Path, length: int) -> NDArray[np.float64]:
    """Read the counts of each position: (rows, 4) float64, from 0 to MOST_COUNTS.

    NaN becomes 0, as in the original; it made the largest number of infinity, which is refused
    here. In a table (`.tsv` with a header, a column for the position from 1, and the four of NAMES)
    rows may be in any order, and a position without a row has zeros.

    Args:
        path: file of an array or a table.
        length: of the protein, which a table does not give.

    Raises:
        InputError: wrong shape, a missing column, a table without rows, a position repeated or
            beyond the protein, or a negative or infinite count, with row or line and column.
        OSError: the file cannot be read.
    """
    if path.suffix.lower() == ".npy":
        counts = load_npy(path)
        if counts.ndim != 2 or counts.shape[1] != len(NAMES):
            raise InputError(
                f"{path}: array of shape {counts.shape}; expected (protein length, {len(NAMES)})"
            )
        counts = np.nan_to_num(counts.astype(np.float64), posinf=np.inf, neginf=-np.inf)
        wrong = np.argwhere((counts < 0) | (counts > MOST_COUNTS))
        for row, column in wrong[:1]:
            raise InputError(f"{path}, row {row} (from 0): {_refused(column, counts[row, column])}")
        return counts
    try:
        return _from_table(path, length)
    except csv.Error as error:
        raise InputError(f"{path}: not a tab-separated table ({error})") from None


def _refused(column: int, value: float) -> str:
    return f"{NAMES[column]} is {value:g}; expected a count, from 0 to {MOST_COUNTS:g}"


def _from_table(path: Path, length: int) -> NDArray[np.float64]:
    lines = table_lines(read_text(path), path)
    reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    header = [name.strip().lstrip("#").lower() for name in next(reader, [])]
    position = next((header.index(name) for name in POSITION if name in header), None)
    absent = [name for name in NAMES if name not in header]
    if position is None or absent:
        wanted = absent if position is not None else [POSITION[0], *absent]
        raise InputError(f"{path}, line 1: no column {', '.join(wanted)} in tab-separated text")
    places = [header.index(name) for name in NAMES]
    counts, seen = np.zeros((length, len(NAMES))), set[int]()
    for fields in reader:
        if not any(fields):
            continue
        place = f"{path}, line {reader.line_num}"
        if len(fields) != len(header):
            raise InputError(f"{place}: {len(fields)} fields, the header has {len(header)}")
        row = _position(place, fields[position], length)
        if row in seen:
            raise InputError(f"{place}: position {row + 1} is repeated; expected each once")
        seen.add(row)
        counts[row] = [_count(place, column, fields[index]) for column, index in enumerate(places)]
    if not seen:
        raise InputError(f"{path}: contains a header but no rows; expected one for a position")
    return counts


def _count(place: str, column: int, text: str) -> float:
    try:
        value = float(text.strip() or "nan")
    except ValueError:
        raise InputError(f"{place}: {NAMES[column]} is {text[:20]!r}; expected a number") from None
    if value < 0 or value > MOST_COUNTS:
        raise InputError(f"{place}: {_refused(column, value)}")
    return 0.0 if np.isnan(value) else value


def _position(place: str, text: str, length: int) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= length):
        raise InputError(f"{place}: position {text[:20]!r}; expected 1 to {length}")
    return int(text) - 1
