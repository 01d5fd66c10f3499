"""Predicted structure, ten columns, from NetSurfP-2 or NetSurfP-3, as JSON or CSV."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import STRUCTURE
from converters.errors import InputError
from converters.features.files import finite
from converters.features.ranges import check_ranges
from converters.identifiers import fits, names_in
from converters.residues import same_residue
from converters.text import plain_suffix, read_text, table_lines

COLUMNS = 10
_KEYS = ("q3_prob", "rsa", "interface", "disorder", "phi", "psi")
_Q3 = ("p[q3_h]", "p[q3_e]", "p[q3_c]")
_WIDEST = 360
"""Degrees: no angle is wider in either direction."""
_SHOWN = 3


class Structure(NamedTuple):
    """`columns` (protein length, 10) float64; `sequence` if the file has it; `notes`."""

    columns: NDArray[np.float64]
    sequence: str | None
    notes: tuple[str, ...]


def read_structure(path: Path, transcript: str, protein: str | None = None) -> Structure:
    """Read helix, strand, coil, exposure, interface, disorder, and sines and cosines of angles.

    Args:
        path: JSON with the keys of NetSurfP-2, of one or several proteins, or its CSV.
        transcript: its id, which selects one of several proteins.
        protein: its residues, which select one of several proteins if no id does.

    Raises:
        InputError: a key or column is missing, of another length, or not of possible numbers; or
            no protein, or several, of a file of several are the one asked for.
        OSError: the file cannot be read.
    """
    text = read_text(path)
    wanted = _Wanted(transcript, protein)
    read = _from_csv if plain_suffix(path) == ".csv" else _from_json
    values, sequence, notes = read(path, text, wanted)
    if "interface" not in values:
        values["interface"] = np.zeros(len(values["rsa"]))
        notes = [*notes, f"{path.name} has no interface column; zeros are used"]
    columns = finite(_columns(path, values), path)
    check_ranges(columns, path, STRUCTURE.start)
    return Structure(columns, sequence, tuple(notes))


class _Read(NamedTuple):
    """Values by the keys of NetSurfP, the sequence if the file has it, and notes."""

    values: dict[str, NDArray[np.float64]]
    sequence: str | None
    notes: list[str]


class _Wanted(NamedTuple):
    """The protein to be found in a file of several."""

    transcript: str
    protein: str | None

    def choose(self, path: Path, named: Sequence[list[str]], sequences: Sequence[object]) -> int:
        """Return the number of the entry with this id, or else with this sequence.

        Args:
            path: the file, for messages.
            named: the name lines of each entry.
            sequences: of each entry, as far as it has one.

        Raises:
            InputError: there is none, or more than one.
        """
        by_id = [n for n, lines in enumerate(named) if any(map(self._fits, lines))]
        exact = [n for n in by_id if any(self.transcript in names_in(x) for x in named[n])]
        found = exact or by_id
        if not found and self.protein:
            found = [n for n, one in enumerate(sequences) if self._equals(one)]
        if len(found) == 1:
            return found[0]
        held = ", ".join(lines[0][:40] for lines in named[:_SHOWN] if lines) or "no ids"
        more = ", ..." * (len(named) > _SHOWN)
        count = "more than one is" if found else "none is"
        raise InputError(
            f"{path}: contains {len(named)} proteins ({held}{more}), of which {count}"
            f" {self.transcript} by its id or sequence; expected exactly one"
        )

    def _fits(self, header: str) -> bool:
        return any(fits(name, self.transcript) for name in names_in(header))

    def _equals(self, sequence: object) -> bool:
        own = self.protein or ""
        return (
            isinstance(sequence, str)
            and len(sequence) == len(own)
            and all(map(same_residue, sequence, own))
        )


def _columns(path: Path, values: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    lengths = {key: len(values[key]) for key in _KEYS}
    if len(set(lengths.values())) > 1 or not lengths["rsa"]:
        found = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise InputError(f"{path}: its lists have different lengths or are empty: {found}")
    angles = []
    for key in ("phi", "psi"):
        degrees = finite(values[key][:, None], path)
        wrong = np.flatnonzero(np.abs(degrees) > _WIDEST)
        if wrong.size:
            raise InputError(
                f"{path}: {key} is {degrees[wrong[0], 0]:g} in row {wrong[0]} (from 0); expected"
                f" degrees, -{_WIDEST} to {_WIDEST}"
            )
        # In exactly this order of operations; np.deg2rad would differ in the last bits.
        radians = degrees / 180 * np.pi
        angles += [np.sin(radians), np.cos(radians)]
    plain = [values[key][:, None] for key in ("rsa", "interface", "disorder")]
    return np.concatenate([values["q3_prob"], *plain, *angles], axis=1)


def _from_json(path: Path, text: str, wanted: _Wanted) -> _Read:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error!s:.100})") from None
    found = _entry(path, found, wanted)
    values = {}
    for key in _KEYS:
        if key not in found:
            if key == "interface":
                continue
            held = ", ".join(map(str, found)) or "nothing"
            raise InputError(f"{path}: {key} is missing; the file contains {held:.120}")
        values[key] = _numbers(path, key, found[key])
    sequence = found["seq"] if isinstance(found.get("seq"), str) else None
    if isinstance(found.get("n"), list):
        order = _order(path, found["n"])
        columns = [*values.values(), *([sequence] if sequence else [])]
        if any(len(column) != len(order) for column in columns):
            raise InputError(f"{path}: n has {len(order)} positions, and not every other list has")
        values = {key: column[order] for key, column in values.items()}
        sequence = sequence and "".join(sequence[at] for at in order)
    return _Read(values, sequence, [])


def _entry(path: Path, found: Any, wanted: _Wanted) -> Mapping[str, Any]:
    """Return the protein's entry: the whole file, a list's only entry, or that with its id."""
    entries = found if isinstance(found, list) else [found]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(
            f"{path}: expected NetSurfP's JSON of one protein, or a list of several with ids"
        )
    number = 0
    if len(entries) > 1:
        number = wanted.choose(path, _named(entries), [entry.get("seq") for entry in entries])
    entry: Mapping[str, Any] = entries[number]
    return entry


def _named(entries: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return the name lines of each entry."""
    return [[e[key] for key in ("id", "desc") if isinstance(e.get(key), str)] for e in entries]


def _order(path: Path, numbers: Sequence[object]) -> list[int]:
    """Return the order of rows by their numbers, which are 1, 2, 3, ... each once."""
    count = len(numbers)
    try:
        keys = [int(str(number)) for number in numbers]
    except ValueError:
        keys = []
    if sorted(keys) != list(range(1, count + 1)):
        raise InputError(
            f"{path}: its positions n are not 1 to {count}, each once; expected every residue of"
            " one protein"
        )
    return sorted(range(count), key=keys.__getitem__)


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


_Row = tuple[int, dict[str, str]]


def _from_csv(path: Path, text: str, wanted: _Wanted) -> _Read:
    rows = list(_rows(path, text))
    if not rows:
        raise InputError(f"{path}: contains no row for {wanted.transcript}")
    proteins: dict[str, list[_Row]] = {}
    for row in rows:
        proteins.setdefault(row[1].get("id", ""), []).append(row)
    if len(proteins) > 1:
        letters = ["".join(row.get("seq", "") for _, row in one) for one in proteins.values()]
        rows = list(proteins.values())[wanted.choose(path, [[n] for n in proteins], letters)]
    if "n" in rows[0][1]:
        rows = [rows[at] for at in _order(path, [row["n"].strip() for _, row in rows])]
    columns = {"rsa": "rsa", "disorder": "disorder", "phi": "phi", "psi": "psi"}
    if "interface" in rows[0][1]:
        columns["interface"] = "interface"
    values = {key: _column(path, rows, column) for key, column in columns.items()}
    values["q3_prob"] = np.stack([_column(path, rows, column) for column in _Q3], axis=1)
    sequence = [row.get("seq", "").strip() for _, row in rows]
    return _Read(values, "".join(sequence) if all(len(x) == 1 for x in sequence) else None, [])


def _rows(path: Path, text: str) -> Iterator[_Row]:
    """Yield the line and the fields of each row. An id may hold commas: NetSurfP quotes nothing."""
    reader = csv.reader(table_lines(text, path), skipinitialspace=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        for fields in reader:
            if not any(fields):
                continue
            surplus = len(fields) - len(header)
            if surplus > 0 and header[:1] == ["id"]:
                fields = [",".join(fields[: surplus + 1]), *fields[surplus + 1 :]]
            if len(fields) != len(header):
                raise InputError(
                    f"{path}, line {reader.line_num}: {len(fields)} fields, the header has"
                    f" {len(header)}"
                )
            yield reader.line_num, dict(zip(header, fields, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not CSV ({error})") from None


def _column(path: Path, rows: list[_Row], name: str) -> NDArray[np.float64]:
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
