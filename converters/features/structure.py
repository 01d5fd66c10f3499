"""Predicted structure, ten columns, from NetSurfP-2 or NetSurfP-3, as JSON or CSV."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.files import finite
from converters.features.raw_files import plain_suffix
from converters.text import read_text

COLUMNS = 10
_KEYS = ("q3_prob", "rsa", "interface", "disorder", "phi", "psi")
_Q3 = ("p[q3_h]", "p[q3_e]", "p[q3_c]")


class Structure(NamedTuple):
    """`columns` (protein length, 10) float64; `sequence` if the file has it; `notes`."""

    columns: NDArray[np.float64]
    sequence: str | None
    notes: tuple[str, ...]


def read_structure(path: Path, transcript: str) -> Structure:
    """Read helix, strand, coil, exposure, interface, disorder, and sines and cosines of angles.

    Args:
        path: JSON with the keys of NetSurfP-2, of one or several proteins, or its CSV.
        transcript: its id, which selects one of several proteins.

    Raises:
        InputError: a key or column is missing, of another length, or not of finite numbers.
        OSError: the file cannot be read.
    """
    text = read_text(path)
    read = _from_csv if plain_suffix(path) == ".csv" else _from_json
    values, sequence = read(path, text, transcript)
    notes: tuple[str, ...] = ()
    if "interface" not in values:
        values["interface"] = np.zeros(len(values["rsa"]))
        notes = (f"{path.name} has no interface column; zeros are used",)
    return Structure(finite(_columns(path, values), path), sequence, notes)


def _columns(path: Path, values: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    lengths = {key: len(values[key]) for key in _KEYS}
    if len(set(lengths.values())) > 1 or not lengths["rsa"]:
        found = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise InputError(f"{path}: its lists have different lengths or are empty: {found}")
    angles = []
    for key in ("phi", "psi"):
        # In exactly this order of operations; np.deg2rad would differ in the last bits.
        radians = finite(values[key][:, None], path) / 180 * np.pi
        angles += [np.sin(radians), np.cos(radians)]
    plain = [values[key][:, None] for key in ("rsa", "interface", "disorder")]
    return np.concatenate([values["q3_prob"], *plain, *angles], axis=1)


def _from_json(
    path: Path, text: str, transcript: str
) -> tuple[dict[str, NDArray[np.float64]], str | None]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error!s:.100})") from None
    found = _choose(path, found, transcript)
    values = {}
    for key in _KEYS:
        if key not in found:
            held = ", ".join(map(str, found)) or "nothing"
            raise InputError(f"{path}: {key} is missing; the file contains {held:.120}")
        values[key] = _numbers(path, key, found[key])
    sequence = found.get("seq")
    return values, sequence if isinstance(sequence, str) else None


def _choose(path: Path, found: Any, transcript: str) -> dict[str, Any]:
    """Return the protein's entry: the whole file, a list's only entry, or that with its id."""
    entries = found if isinstance(found, list) else [found]
    if len(entries) > 1:
        entries = [e for e in entries if isinstance(e, dict) and _is_of(e.get("id"), transcript)]
    if len(entries) != 1 or not isinstance(entries[0], dict):
        raise InputError(
            f"{path}: expected NetSurfP's JSON of one protein, or exactly one entry with the id"
            f" {transcript}"
        )
    return entries[0]


def _is_of(name: object, transcript: str) -> bool:
    return isinstance(name, str) and name.lstrip(">").split(maxsplit=1)[:1] == [transcript]


def _numbers(path: Path, key: str, found: Any) -> NDArray[np.float64]:
    wanted = "triples of numbers" if key == "q3_prob" else "numbers"
    try:
        array = np.array(found)
    except (ValueError, OverflowError):
        array = np.array(None)
    shape = (None, 3) if key == "q3_prob" else (None,)
    if array.dtype.kind not in "fiu" or array.ndim != len(shape) or array.shape[1:] != shape[1:]:
        raise InputError(f"{path}: {key} is not a list of {wanted}")
    return array.astype(np.float64)


def _from_csv(
    path: Path, text: str, transcript: str
) -> tuple[dict[str, NDArray[np.float64]], str | None]:
    rows = list(_rows(path, text))
    names = list(dict.fromkeys(str(row.get("id")) for _, row in rows))
    if len(names) > 1:
        rows = [(number, row) for number, row in rows if _is_of(row.get("id"), transcript)]
    if not rows:
        found = f"; it contains {', '.join(names[:3])}" if names else ""
        raise InputError(f"{path}: contains no row for {transcript}{found}")
    wanted = {"rsa": "rsa", "disorder": "disorder", "phi": "phi", "psi": "psi"}
    if "interface" in rows[0][1]:
        wanted["interface"] = "interface"
    values = {key: _column(path, rows, column) for key, column in wanted.items()}
    values["q3_prob"] = np.stack([_column(path, rows, column) for column in _Q3], axis=1)
    letters = [row.get("seq") or "" for _, row in rows]
    return values, "".join(letters) if all(len(letter) == 1 for letter in letters) else None


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(header):
                raise InputError(
                    f"{path}, line {reader.line_num}: {len(fields)} fields, the header has"
                    f" {len(header)}"
                )
            yield reader.line_num, dict(zip(header, fields, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not CSV ({error})") from None


def _column(path: Path, rows: list[tuple[int, dict[str, str]]], name: str) -> NDArray[np.float64]:
    if name not in rows[0][1]:
        held = ", ".join(rows[0][1])
        raise InputError(f"{path}: has no column {name}; it has {held:.160}")
    values = []
    for number, row in rows:
        try:
            values.append(float(row[name]))
        except ValueError:
            raise InputError(
                f"{path}, line {number}: {name} is {row[name][:20]!r}; expected a number"
            ) from None
    return np.array(values)
