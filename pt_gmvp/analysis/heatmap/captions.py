"""Captions of a map, shared by the picture and the page."""

from collections.abc import Sequence
from typing import NamedTuple

from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.known import Known


class Caption(NamedTuple):
    """Texts chosen by the user or by the data.

    `source` says where the scores come from, `score` what they are; `gene` and `note` may be None.
    `part` is set if the map does not show the whole protein. `stand_ins` says what stood in for
    inputs of the features.
    """

    source: str
    gene: str | None = None
    note: str | None = None
    score: str = "gMVP"
    part: bool = False
    stand_ins: tuple[str, ...] = ()


def scale(caption: Caption) -> str:
    """Return the label of the colour scale."""
    return f"{caption.score}, higher is more likely harmful"


def heading(grid: Grid, caption: Caption) -> str:
    """Return the title: gene and transcript."""
    return f"{caption.gene} ({grid.transcript})" if caption.gene else grid.transcript


def subtitle(grid: Grid, caption: Caption) -> str:
    """Return the subtitle: positions, how many scores, and where they come from."""
    length = f"{grid.length:,} residue{'s' * (grid.length != 1)}"
    where = f"positions {grid.first:,} to {grid.last:,}" if caption.part else length
    scores = caption.score if "score" in caption.score else f"{caption.score} score"
    absent, count = int(grid.missing.sum()), substitutions(grid)
    if not absent:
        return f"{scores} of every substitution, {where}; {caption.source}"
    scored = f"of the {count:,} substitutions, {count - absent:,} are scored"
    return f"{scores}, {where}; {scored}; {caption.source}"


def substitutions(grid: Grid) -> int:
    """Return the number of substitutions that the map has room for."""
    return grid.missing.size - int(grid.wild_type.sum())


def foot(caption: Caption) -> str:
    """Return what is at the foot: the user's note, and what stood in for inputs."""
    inputs = f"Of the features, {'; '.join(caption.stand_ins)}." if caption.stand_ins else ""
    return " ".join(filter(None, (caption.note, inputs)))


def missing(grid: Grid) -> str | None:
    """Return how many substitutions have no score; None if all have one."""
    count = int(grid.missing.sum())
    if not count:
        return None
    return f"no score: {count:,} of {substitutions(grid):,}"


def counted(known: Sequence[Known]) -> tuple[str, str]:
    """Return the labels of harmful and of harmless known variants, with their numbers."""
    harmful = sum(one.harmful for one in known)
    return f"known harmful: {harmful:,}", f"known harmless: {len(known) - harmful:,}"
