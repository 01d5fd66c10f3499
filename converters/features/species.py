"""Selection of an alignment's sequences for the 200 species that the model reads.

The original used the species of one Compara release. From any other alignment sequences are
selected by the rules of `pick`, which depend only on the sequences, their names and their order.
"""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import SPECIES
from converters.residues import OTHER

LEAST_COVERAGE = 0.5
"""Fraction of the query's residues that a sequence must be aligned to."""

_SPECIES_IN_NAME = (
    re.compile(r"\bOX=(\d+)"),
    re.compile(r"\bTaxID=(\d+)"),
    re.compile(r"\bOS=(.+?)(?=\s[A-Z]{2}=|$)"),
    re.compile(r"\[([A-Z][a-z]+ [a-z][^\]]*)\]"),
)
_ENTRY = re.compile(r"^(?:(sp|tr)\|\w+\|)?([A-Z0-9]+)_([A-Z0-9]{3,5})(?=[/\s]|$)")
# https://www.uniprot.org/help/accession_numbers
_ACCESSION = re.compile(r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2}")
_PDB = re.compile(r"[1-9][A-Z0-9]{3}")
_SHORT_CODES = ("PEA", "PIG", "RAT")
"""The only species codes of UniProt with three letters and no digit that eukaryotes have."""


class Picked(NamedTuple):
    """`residues` (200, length) uint8, `identity` (200,) float64 in percent, and notes."""

    residues: NDArray[np.uint8]
    identity: NDArray[np.float64]
    notes: tuple[str, ...]


def species_of(name: str) -> str | None:
    """Return a sequence's species from OX=, TaxID=, OS=, [Genus species] or NAME_SPECIES.

    NAME_SPECIES is the name of a UniProt entry (P53_HUMAN); see `_of_entry`. Returns None if the
    name line has none of these.
    """
    for pattern in _SPECIES_IN_NAME:
        found = pattern.search(name)
        if found:
            return found[1].strip()
    return _of_entry(name)


def _of_entry(name: str) -> str | None:
    """Return the species code of a UniProt entry's name at the start of a name line, else None.

    Behind `sp|...|` or `tr|...|` it is one. Without it, the first word is one if, as UniProt names
    entries (https://www.uniprot.org/help/entry_name), its first part has at most five characters
    or is an accession number, and its second part has three letters or more. Runs and contigs
    (SRR55_1234) are not entries, nor are chains of PDB structures (1ABC_AAA).
    """
    found = _ENTRY.match(name)
    if not found:
        return None
    source, protein, code = found.groups()
    if source:
        return code
    if len(protein) > 5 and not _ACCESSION.fullmatch(protein):
        return None
    if sum(letter.isalpha() for letter in code) < 3:
        return None
    if _PDB.fullmatch(protein) and len(code) < 5 and code not in _SHORT_CODES:
        return None
    return code


def pick(names: list[str], residues: NDArray[np.uint8]) -> Picked:
    """Pick 200 sequences, the query first.

    1. Sequences with residues at fewer than half of the query's positions are dropped.
    2. The rest is sorted by identity with the query (100 * equal residues / query's length), ties
       in the order of the file.
    3. Of equal sequences, and of those of one species (`species_of`), the first is kept.
    4. If more than 199 remain besides the query, they are thinned: each in turn is kept if its
       identity with all kept ones is below t percent, with the largest whole number t for which at
       most 199 are kept; dropped ones then fill up the 199 in order.
    5. If fewer remain, rows of gaps with identity 0 fill up.

    Args:
        names: N name lines, the query's first.
        residues: (N, length) uint8 codes, only the query's columns.
    """
    query, length = residues[0], residues.shape[1]
    coverage = (residues != OTHER).mean(axis=1)
    # Gaps get another code on one side, so that a gap never equals anything.
    marked = np.where(residues == OTHER, OTHER + 1, residues)
    identity = 100 * (marked == query).sum(axis=1) / length
    covered = np.flatnonzero(coverage[1:] >= LEAST_COVERAGE) + 1
    ranked = covered[np.argsort(-identity[covered], kind="stable")]
    single = _singles(names, residues, ranked)
    chosen = _thin(residues, marked, single, SPECIES - 1)
    notes = [
        f"{len(names)} sequences: {len(names) - 1 - len(covered)} too short,"
        f" {len(ranked) - len(single)} of a species or sequence already present,"
        f" {len(single) - len(chosen)} thinned out"
    ]
    empty = SPECIES - 1 - len(chosen)
    if empty:
        notes.append(f"only {len(chosen) + 1} species; the other {empty} rows are gaps")
    out = np.full((SPECIES, length), OTHER, np.uint8)
    out[0], out[1 : len(chosen) + 1] = query, residues[chosen]
    percent = np.zeros(SPECIES)
    percent[0], percent[1 : len(chosen) + 1] = 100.0, identity[chosen]
    return Picked(out, percent, tuple(notes))


def _singles(names: list[str], residues: NDArray[np.uint8], ranked: NDArray[np.intp]) -> list[int]:
    sequences, species = {residues[0].tobytes()}, {species_of(names[0])}
    stay = []
    for row in ranked.tolist():
        sequence, kind = residues[row].tobytes(), species_of(names[row])
        if sequence in sequences or (kind is not None and kind in species):
            continue
        sequences.add(sequence)
        species.add(kind)
        stay.append(row)
    return stay


def _thin(
    residues: NDArray[np.uint8], marked: NDArray[np.uint8], rows: list[int], most: int
) -> list[int]:
    if len(rows) <= most:
        return rows
    for percent in range(100, 0, -1):
        stay = _dissimilar(residues, marked, rows, percent, most)
        if stay is not None:
            kept = set(stay)
            fill = [row for row in rows if row not in kept][: most - len(stay)]
            kept.update(fill)
            return [row for row in rows if row in kept]
    return rows[:most]


def _dissimilar(
    residues: NDArray[np.uint8],
    marked: NDArray[np.uint8],
    rows: list[int],
    percent: int,
    most: int,
) -> list[int] | None:
    """Return rows with pairwise identities below `percent`; None if there are more than `most`."""
    length = residues.shape[1]
    stay: list[int] = []
    held = np.empty((most, length), np.uint8)
    for row in rows:
        equal = (held[: len(stay)] == marked[row]).sum(axis=1)
        if stay and 100 * equal.max() >= percent * length:
            continue
        if len(stay) == most:
            return None
        held[len(stay)] = residues[row]
        stay.append(row)
    return stay
