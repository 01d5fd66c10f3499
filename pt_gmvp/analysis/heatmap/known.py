"""Variants of known effect, to mark in a map."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from converters.errors import InputError
from converters.identifiers import without_version
from converters.residues import AMINO_ACIDS
from converters.variants.reading import Options, read_tables
from converters.variants.rows import Variant
from pt_gmvp.analysis.heatmap.grid import UNKNOWN, Grid


class Known(NamedTuple):
    """A known variant: its position, from 1, new residue, and whether it is harmful."""

    position: int
    alt: str
    harmful: bool


def read_known(path: str | Path, grid: Grid) -> list[Known]:
    """Read the variants of the map's transcript that have a target, 0 or 1, in the table's order.

    Args:
        path: a table for `converters.variants.reading.read_tables`.
        grid: the map; variants outside of it are left out.

    Raises:
        InputError: the table is wrong or has no such variant, a residue differs from the map's, or
            a variant has two targets.
        OSError: it cannot be read.
    """
    asked = without_version(grid.transcript)
    rows = read_tables([path], Options(labels=True)).rows
    numbers = [n for n, name in enumerate(rows.transcripts) if without_version(name) == asked]
    chosen = np.flatnonzero(np.isin(rows.transcript, numbers))
    of_transcript = [rows.variant(number) for number in chosen.tolist()]
    labelled = [one for one in of_transcript if one.label is not None]
    if not labelled:
        kind = "variant with a target of 0 or 1" if of_transcript else "variant"
        raise InputError(f"{path}: has no {kind} in {grid.transcript}")
    found: dict[tuple[int, str], Known] = {}
    for one in labelled:
        if not grid.first <= one.position <= grid.last:
            continue
        _check(path, one, grid)
        known = Known(one.position, one.alt, one.label == 1)
        found.setdefault((one.position, one.alt), known)
    return list(found.values())


def _check(path: str | Path, one: Variant, grid: Grid) -> None:
    there = grid.protein[one.position - grid.first]
    if there not in (UNKNOWN, one.ref):
        raise InputError(
            f"{path}, line {one.line}: {grid.transcript} has {there} at {one.position}, not"
            f" {one.ref}; expected variants of this protein"
        )
    if one.alt not in AMINO_ACIDS:
        raise InputError(f"{path}, line {one.line}: {one.alt} is not one of the 20 amino acids")
