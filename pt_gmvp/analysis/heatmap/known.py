"""Variants whose effect is known, to be marked in a map."""

from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from converters.variants.table import Variant, read_table
from pt_gmvp.analysis.heatmap.grid import UNKNOWN, Grid


class Known(NamedTuple):
    """A variant of the map: its position, from 1, its substitute, and whether it does harm."""

    position: int
    alt: str
    harmful: bool


def read_known(path: str | Path, grid: Grid) -> list[Known]:
    """Read the variants of the map's transcript that have a target, 0 or 1, in the table's order.

    Args:
        path: what `converters.variants.table.read_table` reads.
        grid: the map; variants beyond a part that was cut out of it are left out.

    Raises:
        InputError: no variant of this transcript with a target, one whose residue is another in the
            map, or one with two targets.
        TableError: the table cannot be used.
        OSError: it cannot be read.
    """
    of_transcript = [one for one in read_table(path).variants if one.transcript == grid.transcript]
    labelled = [one for one in of_transcript if one.label is not None]
    if not labelled:
        said = "none with a target of 0 or 1" if of_transcript else "none"
        raise InputError(f"{path}: of {grid.transcript} it has {said}; expected known variants")
    found: dict[tuple[int, str], Known] = {}
    for one in labelled:
        if not grid.first <= one.position <= grid.last:
            continue
        _check(path, one, grid)
        known = Known(one.position, one.alt, one.label == 1)
        if found.setdefault((one.position, one.alt), known) != known:
            raise InputError(f"{path}, line {one.line}: {one.var_id} has both targets, 0 and 1")
    return list(found.values())


def _check(path: str | Path, one: Variant, grid: Grid) -> None:
    there = grid.protein[one.position - grid.first]
    if there not in (UNKNOWN, one.ref):
        raise InputError(
            f"{path}, line {one.line}: {grid.transcript} has {there} at {one.position}, not"
            f" {one.ref}; expected variants of this protein"
        )
    if one.alt not in AMINO_ACIDS:
        raise InputError(f"{path}, line {one.line}: {one.alt} is none of the 20 amino acids")
