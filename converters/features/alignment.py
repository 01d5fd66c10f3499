"""Species columns of the features, from the original's Compara table or other alignments."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.alignments import SUFFIXES, aligned, compara_fields, read_rows
from converters.columns import SPECIES
from converters.errors import InputError
from converters.features.raw_files import plain_suffix
from converters.features.species import pick
from converters.residues import encode, letter
from converters.text import read_text

HUMAN = "homosapien"


class Alignment(NamedTuple):
    """`residues` (200, protein length) uint8 codes; `identity` (200,) float64 percent; `notes`."""

    residues: NDArray[np.uint8]
    identity: NDArray[np.float64]
    notes: tuple[str, ...]


def read_alignment(path: Path, protein: NDArray[np.uint8]) -> Alignment:
    """Read the alignment of a protein.

    Args:
        path: the original's table (`.compara103`: species, percent identity, aligned sequence; 200
            lines), or a file whose first sequence is the protein's.
        protein: (length,) uint8 codes of its residues.

    Raises:
        InputError: not an alignment, or of another protein; names the line or sequence.
        OSError: the file cannot be read.
    """
    suffix = plain_suffix(path)
    text = read_text(path)
    form = SUFFIXES.get(suffix, "fasta")
    if form == "compara":
        return _read_compara(path, text, protein)
    rows = read_rows(text, form, path)
    letters = aligned(rows, form, path)
    return _to_query(path, [row.name for row in rows], letters, protein)


def _read_compara(path: Path, text: str, protein: NDArray[np.uint8]) -> Alignment:
    lines = text.splitlines()
    if len(lines) != SPECIES:
        raise InputError(f"{path}: {len(lines)} lines; expected {SPECIES}, one per species")
    identity = np.zeros(SPECIES)
    residues = np.zeros((SPECIES, len(protein)), np.uint8)
    notes: tuple[str, ...] = ()
    for number, fields in enumerate(compara_fields(text, path)):
        place = f"{path}, line {number + 1}"
        if len(fields[2]) != len(protein):
            raise InputError(
                f"{place}: {fields[0][:40]} has {len(fields[2])} positions; the protein has"
                f" {len(protein)}"
            )
        residues[number] = encode(fields[2])
        identity[number] = 100.0 if fields[0] == HUMAN else _percent(place, fields[1])
        if fields[0] == HUMAN and (residues[number] != protein).any():
            notes = (f"{path.name}: the row {HUMAN} differs from the profile's sequence",)
    return Alignment(residues, identity, notes)


def _percent(place: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(f"{place}: percent identity is {text[:20]!r}; expected a number")
    return value


def _to_query(
    path: Path, names: list[str], rows: list[str], protein: NDArray[np.uint8]
) -> Alignment:
    columns = np.array([character not in "-." for character in rows[0]], bool)
    query = encode(rows[0])[columns]
    if len(query) != len(protein):
        raise InputError(
            f"{path}: its first sequence has {len(query)} residues, the protein {len(protein)};"
            " expected the protein's own sequence first"
        )
    other = np.flatnonzero(query != protein)
    if other.size:
        at = int(other[0])
        raise InputError(
            f"{path}: its first sequence has {letter(int(query[at]))} at position {at + 1}, the"
            f" protein {letter(int(protein[at]))}; expected the protein's own sequence first"
        )
    residues = np.stack([encode(row)[columns] for row in rows])
    residues, identity, notes = pick(names, residues)
    return Alignment(residues, identity, tuple(f"{path.name}: {note}" for note in notes))
