"""Captions of a map, shared by the picture and the page."""

from collections.abc import Sequence
from typing import NamedTuple

from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.known import Known


class Caption(NamedTuple):
    """Texts chosen by the user or by the data.

    `source` says where the scores come from, `score` what they are; `gene` and `note` may be None.
    `part` is set if the map does not show the whole protein.
    """

    source: str
    gene: str | None = None
    note: str | None = None
    score: str = "gMVP"
    part: bool = False


def scale(caption: Caption) -> str:
    """Return the label of the colour scale."""
    return f"{caption.score}, higher is more likely harmful"


def heading(grid: Grid, caption: Caption) -> str:
    """Return the title: gene and transcript."""
    return f"{caption.gene} ({grid.transcript})" if caption.gene else grid.transcript


def subtitle(grid: Grid, caption: Caption) -> str:
    """Return the subtitle: positions, and where the scores come from."""
    length = f"{grid.length:,} residue{'s' * (grid.length != 1)}"
    where = f"positions {grid.first:,} to {grid.last:,}" if caption.part else length
    scores = caption.score if "score" in caption.score else f"{caption.score} score"
    return f"{scores} of every substitution, {where}; {caption.source}"


def missing(grid: Grid) -> str | None:
    """Return how many substitutions have no score; None if all have one."""
    count = int(grid.missing.sum())
    if not count:
        return None
    return f"no score: {count:,} of {grid.missing.size - int(grid.wild_type.sum()):,}"


def counted(known: Sequence[Known]) -> tuple[str, str]:
    """Return the labels of harmful and of harmless known variants, with their numbers."""
    harmful = sum(one.harmful for one in known)
    return f"known harmful: {harmful:,}", f"known harmless: {len(known) - harmful:,}"
