"""Species columns of the features, from the original's Compara table or other alignments."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.alignments import SUFFIXES, aligned, compara_fields, read_rows
from converters.columns import SPECIES
from converters.errors import InputError
from converters.features.sequence import Protein, compare, protein_of
from converters.features.species import pick
from converters.residues import encode
from converters.text import lines_of, plain_suffix, read_text

HUMAN = "homosapien"


class Alignment(NamedTuple):
    """`residues` (200, protein length) uint8 codes; `identity` (200,) float64 percent; `notes`."""

    residues: NDArray[np.uint8]
    identity: NDArray[np.float64]
    notes: tuple[str, ...]


def read_alignment(path: Path, protein: NDArray[np.uint8], letters: str | None = None) -> Alignment:
    """Read the alignment of a protein.

    Args:
        path: the original's table (`.compara103`: species, percent identity, aligned sequence; 200
            lines), or a file whose first sequence is the protein's.
        protein: (length,) uint8 codes of its residues.
        letters: its residues as the profile writes them, by default those of the codes.

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
    known = protein_of(protein) if letters is None else Protein(protein, letters)
    return _to_query(path, [row.name for row in rows], aligned(rows, form, path), known)


def _read_compara(path: Path, text: str, protein: NDArray[np.uint8]) -> Alignment:
    count = sum(1 for _ in lines_of(text))
    if count != SPECIES:
        raise InputError(f"{path}: {count:,} lines; expected {SPECIES}, one per species")
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
    if not 0 <= value <= 100:
        raise InputError(
            f"{place}: percent identity is {text[:20]!r}; expected a number from 0 to 100"
        )
    return value


def _to_query(path: Path, names: list[str], rows: list[str], protein: Protein) -> Alignment:
    columns = np.array([character not in "-." for character in rows[0]], bool)
    query = "".join(character for character in rows[0] if character not in "-.")
    expected = "expected the protein's own sequence first"
    notes = compare(query, protein, path, "its first sequence", expected)
    residues = np.stack([protein.codes, *(encode(row)[columns] for row in rows[1:])])
    picked = pick(names, residues)
    notes += [f"{path.name}: {note}" for note in picked.notes]
    return Alignment(picked.residues, picked.identity, tuple(notes))
