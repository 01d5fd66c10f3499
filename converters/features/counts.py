"""Population counts, four columns: observed and expected rare missense and synonymous variants."""

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.files import load_npy
from converters.text import read_text

NAMES = ("obs_mis", "exp_mis", "obs_syn", "exp_syn")
POSITION = ("aa_pos", "position", "pos")


def read_counts(path: Path, length: int) -> NDArray[np.float64]:
    """Read the counts of each position: (rows, 4) float64, finite.

    NaN becomes 0 and infinity the largest number, as in the original. In a table (`.tsv` with a
    header, a column for the position from 1, and the four of NAMES) rows may be in any order, and a
    position without a row has zeros.

    Args:
        path: file of an array or a table.
        length: of the protein, which a table does not give.

    Raises:
        InputError: wrong shape, a missing column, or a position repeated or beyond the protein.
        OSError: the file cannot be read.
    """
    if path.suffix == ".npy":
        counts = load_npy(path)
        if counts.ndim != 2 or counts.shape[1] != len(NAMES):
            raise InputError(
                f"{path}: array of shape {counts.shape}; expected (protein length, {len(NAMES)})"
            )
        counts = counts.astype(np.float64)
    else:
        counts = _from_table(path, length)
    return np.nan_to_num(counts)


def _from_table(path: Path, length: int) -> NDArray[np.float64]:
    reader = csv.reader(io.StringIO(read_text(path)), delimiter="\t", quoting=csv.QUOTE_NONE)
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
        try:
            counts[row] = [float(fields[index] or "nan") for index in places]
        except ValueError as error:
            raise InputError(f"{place}: {error}") from None
    return counts


def _position(place: str, text: str, length: int) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= length):
        raise InputError(f"{place}: position {text[:20]!r}; expected 1 to {length}")
    return int(text) - 1
