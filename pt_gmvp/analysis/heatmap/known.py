"""Variants of known effect, to mark in a map."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from converters.variants.reading import Options, Read, read_tables
from converters.variants.rows import Variant
from pt_gmvp.analysis.heatmap.grid import UNKNOWN, Grid

_DEFAULTS = Options()


class Known(NamedTuple):
    """A known variant: its position, from 1, new residue, and whether it is harmful."""

    position: int
    alt: str
    harmful: bool


class Marks(NamedTuple):
    """Known variants within a map, the number of those beside it, and what was read."""

    known: list[Known]
    outside: int
    read: Read


def read_known(path: str | Path, grid: Grid, options: Options = _DEFAULTS) -> Marks:
    """Read the variants of the map's transcript that have a target, 0 or 1, in the table's order.

    Args:
        path: a table for `converters.variants.reading.read_tables`.
        grid: the map; variants outside of it are left out.
        options: how to read the table.

    Raises:
        InputError: the table is wrong or has no such variant, a residue differs from the map's, or
            a variant of this transcript has two targets.
        OSError: it cannot be read.
    """
    read = read_tables([path], replace(options, labels=True, only=grid.transcript))
    variants = [read.rows.variant(number) for number in range(len(read.rows))]
    labelled = [one for one in variants if one.label is not None]
    if not labelled:
        kind = "variant with a target of 0 or 1" if variants else "variant"
        raise InputError(f"{path}: has no {kind} in {grid.transcript}")
    inside = [one for one in labelled if grid.first <= one.position <= grid.last]
    found: dict[tuple[int, str], Known] = {}
    for one in inside:
        _check(path, one, grid)
        found.setdefault((one.position, one.alt), Known(one.position, one.alt, one.label == 1))
    return Marks(list(found.values()), len(labelled) - len(inside), read)


def _check(path: str | Path, one: Variant, grid: Grid) -> None:
    there = grid.protein[one.position - grid.first]
    if there not in (UNKNOWN, one.ref):
        raise InputError(
            f"{path}, line {one.line}: {grid.transcript} has {there} at {one.position}, not"
            f" {one.ref}; expected variants of this protein"
        )
    if one.alt not in AMINO_ACIDS:
        raise InputError(f"{path}, line {one.line}: {one.alt} is not one of the 20 amino acids")
