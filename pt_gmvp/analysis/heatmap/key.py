"""The key of a map's picture: colour bar and meaning of the marks."""

from collections.abc import Sequence
from typing import Any

from pt_gmvp.analysis.fitting import fit
from pt_gmvp.analysis.heatmap import captions, layout
from pt_gmvp.analysis.heatmap.colors import DOT, HARMFUL, HARMLESS, WILD_TYPE
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.known import Known
from pt_gmvp.analysis.heatmap.layout import Layout

GREY, _HATCH, _PALE = "#666666", "#9a9a9a", "#e8d5cc"


def box(left: float, top: float, width: float, height: float, **style: Any) -> Any:
    """Return a rectangle with the `style` of a matplotlib Patch."""
    from matplotlib.patches import Rectangle

    return Rectangle((left, top), width, height, **style)


def hatched(left: float, top: float, width: float, height: float, **style: Any) -> Any:
    """Return a hatched rectangle, for missing scores."""
    look = {"facecolor": "white", "edgecolor": _HATCH, "hatch": "//////", "linewidth": 0}
    return box(left, top, width, height, **look, **style)


def corner(
    harmful: bool, left: float, top: float, width: float, height: float
) -> list[tuple[float, float]]:
    """Return the triangle that marks a known variant in its cell: (x, y) of its three corners.

    Harmful ones are marked in the upper right corner, harmless ones in the lower left. The triangle
    covers about a fifth of the cell.
    """
    side = min(0.85 * width, 0.65 * height)
    if harmful:
        right = left + width
        return [(right - side, top), (right, top), (right, top + side)]
    bottom = top + height
    return [(left, bottom - side), (left + side, bottom), (left, bottom)]


def marks(corners: Sequence[Sequence[tuple[float, float]]], harmful: bool) -> Any:
    """Return the marks of known variants of one kind as a matplotlib collection."""
    from matplotlib.collections import PolyCollection

    face, edge = (HARMFUL, HARMLESS) if harmful else (HARMLESS, HARMFUL)
    return PolyCollection(corners, facecolor=face, edgecolor=edge, linewidth=0.6, zorder=3)


def draw_key(
    figure: Any,
    page: Any,
    grid: Grid,
    placed: Layout,
    mapping: Any,
    known: Sequence[Known],
    scale: str,
) -> None:
    """Draw the colour bar and the meaning of the marks, in one or two lines below the title."""
    left, top, wide, high = layout.LEFT, 0.84, 1.9, 0.1
    place = (left / placed.width, 1 - (top + high) / placed.height)
    bar = figure.colorbar(
        mapping,
        cax=figure.add_axes((*place, wide / placed.width, high / placed.height)),
        orientation="horizontal",
    )
    low, high_end = mapping.get_clim()
    ticks = [low, (low + high_end) / 2, high_end]
    bar.set_ticks(ticks, labels=[f"{value:g}" for value in ticks])
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7.5, length=2, color=GREY, pad=1.5)
    key = _Key(page, left + wide + 0.15, top + high / 2, placed.width)
    key.entry(0, scale)
    at, middle = key.entry(0.12, "the protein's own residue")
    page.add_patch(box(at, middle - 0.07, 0.12, 0.14, facecolor=WILD_TYPE))
    page.scatter([at + 0.06], [middle], s=8, color=DOT, linewidth=0)
    if absent := captions.missing(grid):
        at, middle = key.entry(0.2, absent)
        page.add_patch(hatched(at, middle - 0.07, 0.2, 0.14))
    if known:
        for harmful, text in zip((True, False), captions.counted(known), strict=True):
            at, middle = key.entry(0.14, text)
            page.add_patch(
                box(at, middle - 0.07, 0.14, 0.14, facecolor=_PALE, edgecolor=GREY, linewidth=0.4)
            )
            page.add_collection(
                marks([corner(harmful, at, middle - 0.07, 0.14, 0.14)], harmful), autolim=False
            )


class _Key:
    """Entries side by side, each a sign and its text, continued on a second line if needed."""

    def __init__(self, page: Any, left: float, middle: float, width: float) -> None:
        self.page, self.left, self.width = page, left, width
        self.at, self.middle = left, middle

    def entry(self, sign: float, text: str) -> tuple[float, float]:
        """Write an entry's text; return where its sign, `sign` inches wide, begins."""
        space = sign + 0.05 if sign else 0.0
        wide = space + 0.064 * len(text)
        if self.at > self.left and self.at + wide > self.width - 0.1:
            self.at, self.middle = self.left, self.middle + 0.19
        at = self.at
        written = self.page.text(at + space, self.middle, text, fontsize=8.5, va="center_baseline")
        fit(written, self.width - 0.1, 7)
        self.at = at + wide + 0.22
        return at, self.middle
