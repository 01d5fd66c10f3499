"""Alignments: the original's Compara table, or A3M, FASTA, Stockholm and Clustal files."""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.features.files import FeatureError
from converters.features.raw_files import plain_suffix
from converters.features.species import SPECIES, pick
from converters.residues import encode, letter
from converters.text import read_text

HUMAN = "homosapien"
_FORMATS = {
    ".sto": "stockholm", ".stockholm": "stockholm", ".stk": "stockholm",
    ".aln": "clustal", ".clustal": "clustal", ".clw": "clustal",
}  # fmt: skip

# Rows that HHsuite's tools put into an A3M file beside the sequences.
_NO_SEQUENCES = ("ss_pred", "ss_conf", "ss_dssp", "sa_pred", "sa_dssp")


class Alignment(NamedTuple):
    """`residues` (200, protein length) uint8 codes; `identity` (200,) float64 percent; `notes`."""

    residues: NDArray[np.uint8]
    identity: NDArray[np.float64]
    notes: tuple[str, ...]


def read_alignment(path: Path, protein: NDArray[np.uint8]) -> Alignment:
    """Read an alignment to a protein.

    Args:
        path: the original's table (`.compara103`: species, percent identity, aligned sequence; 200
            lines), or a file whose first sequence is the protein's.
        protein: (length,) uint8 codes of its residues.

    Raises:
        FeatureError: naming the line or sequence: no alignment, or one of another protein.
        OSError: the file cannot be read.
    """
    suffix = plain_suffix(path)
    text = read_text(path, FeatureError)
    if suffix == ".compara103":
        return _read_compara(path, text, protein)
    names, rows = _read_sequences(path, text, suffix)
    return _to_query(path, names, rows, protein)


def _read_compara(path: Path, text: str, protein: NDArray[np.uint8]) -> Alignment:
    lines = text.splitlines()
    if len(lines) != SPECIES:
        raise FeatureError(f"{path}: has {len(lines)} lines; expected {SPECIES}, one a species")
    identity = np.zeros(SPECIES)
    residues = np.zeros((SPECIES, len(protein)), np.uint8)
    notes: tuple[str, ...] = ()
    for number, line in enumerate(lines):
        place = f"{path}, line {number + 1}"
        fields = line.split("\t")
        if len(fields) != 3:
            raise FeatureError(
                f"{place}: {len(fields)} fields; expected species, percent identity and sequence,"
                " tab-separated"
            )
        if len(fields[2]) != len(protein):
            raise FeatureError(
                f"{place}: {fields[0][:40]} has {len(fields[2])} positions; the protein has"
                f" {len(protein)}"
            )
        residues[number] = encode(fields[2])
        identity[number] = 100.0 if fields[0] == HUMAN else _percent(place, fields[1])
        if fields[0] == HUMAN and (residues[number] != protein).any():
            notes = (f"{path.name}: the row {HUMAN} is not the profile's sequence",)
    return Alignment(residues, identity, notes)


def _percent(place: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise FeatureError(f"{place}: {text[:20]!r} is no percent identity; expected a number")
    return value


def _read_sequences(path: Path, text: str, suffix: str) -> tuple[list[str], list[str]]:
    from Bio import AlignIO
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    try:
        if suffix in _FORMATS:
            found = AlignIO.read(io.StringIO(text), _FORMATS[suffix])
            # Stockholm's description stands beside the id, which may name the species.
            pairs = [
                (" ".join(dict.fromkeys((item.id, item.description))), str(item.seq))
                for item in found
            ]
        else:
            pairs = list(SimpleFastaParser(io.StringIO(text)))
    except Exception as error:  # Biopython raises almost anything on damaged text
        kind = _FORMATS.get(suffix, "FASTA")
        detail = " ".join(str(error).split()) or type(error).__name__
        raise FeatureError(f"{path}: not a {kind} alignment ({detail:.100})") from None
    if not pairs:
        raise FeatureError(f"{path}: holds no sequence; expected an alignment")
    if suffix == ".a3m":
        pairs = [pair for pair in pairs if not pair[0].startswith(_NO_SEQUENCES)] or pairs
    names = [name for name, _ in pairs]
    if suffix == ".a3m":
        # In A3M lower case is an insertion against the query, and dots only pad insertions.
        dropped = {code: None for code in (*range(ord("a"), ord("z") + 1), ord("."))}
        return names, ["".join(row.split()).translate(dropped) for _, row in pairs]
    return names, ["".join(row.split()).upper() for _, row in pairs]


def _to_query(
    path: Path, names: list[str], rows: list[str], protein: NDArray[np.uint8]
) -> Alignment:
    width = len(rows[0])
    for name, row in zip(names, rows, strict=True):
        if len(row) != width:
            raise FeatureError(
                f"{path}: sequence {name[:60]} has {len(row)} columns, the first one {width};"
                " expected an alignment"
            )
    columns = np.array([character not in "-." for character in rows[0]], bool)
    query = encode(rows[0])[columns]
    if len(query) != len(protein):
        raise FeatureError(
            f"{path}: its first sequence has {len(query)} residues, the protein {len(protein)};"
            " expected the protein's own sequence first"
        )
    other = np.flatnonzero(query != protein)
    if other.size:
        at = int(other[0])
        raise FeatureError(
            f"{path}: its first sequence has {letter(int(query[at]))} at position {at + 1}, the"
            f" protein {letter(int(protein[at]))}; expected the protein's own sequence first"
        )
    residues = np.stack([encode(row)[columns] for row in rows])
    residues, identity, notes = pick(names, residues)
    return Alignment(residues, identity, tuple(f"{path.name}: {note}" for note in notes))
