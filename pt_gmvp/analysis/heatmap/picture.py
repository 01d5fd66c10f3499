"""Map as a picture, PNG, SVG or PDF; matplotlib is imported when it is drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.fitting import fit, wrapped
from pt_gmvp.analysis.heatmap import captions, layout
from pt_gmvp.analysis.heatmap.colors import DOT, WILD_TYPE, Colors
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.key import GREY, corner, draw_key, hatched, marks
from pt_gmvp.analysis.heatmap.known import Known
from pt_gmvp.analysis.heatmap.layout import Layout, Panel, lay_out
from pt_gmvp.analysis.heatmap.order import CHEMISTRY, Order

_DPI = 200
_POINTS = 72
_FOOT = 8.5  # points
_MARGIN = 0.25  # inches that stay empty on the right
_SMALLEST = 0.07  # inches of the smallest cell with room for a letter
# A $ in a name or note of the user must not begin a formula.
_FIXED: Any = {"svg.hashsalt": "gmvp heatmap", "hatch.linewidth": 0.6, "text.parse_math": False}


def check_length(grid: Grid) -> None:
    """Raise InputError for a map whose picture would be too tall."""
    if grid.length > layout.LONGEST:
        raise InputError(
            f"{grid.transcript}: a picture of {grid.length:,} positions is too tall; expected at"
            f" most {layout.LONGEST:,}: give --region {grid.first}-"
            f"{grid.first + layout.LONGEST - 1}, or -o map.html for all of them"
        )


def draw(
    path: Path,
    grid: Grid,
    caption: captions.Caption,
    colors: Colors | None = None,
    order: Order = CHEMISTRY,
    known: Sequence[Known] = (),
) -> None:
    """Draw a map in the format of the file's suffix, atomically.

    Args:
        path: a .png, .svg or .pdf file.
        grid: the map; see `check_length`.
        caption: its texts.
        colors: of the scores, by default blue to red from 0 to 1.
        order: of the amino acids.
        known: variants to mark.

    Raises:
        InputError: the map is too long.
        OSError: the file cannot be written.
    """
    import matplotlib

    check_length(grid)
    kind = path.suffix.lower().removeprefix(".")
    # Without a date, the same map gives the same file.
    about = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    with matplotlib.rc_context(_FIXED), file_beside(path) as partial:
        figure = picture(grid, caption, colors or Colors(), order, known)
        figure.savefig(partial, format=kind, dpi=_DPI, metadata=about)


def picture(
    grid: Grid, caption: captions.Caption, colors: Colors, order: Order, known: Sequence[Known]
) -> Any:
    """Return the picture as a matplotlib Figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    placed = lay_out(grid.length, order)
    figure = Figure(figsize=(placed.width, placed.height))
    FigureCanvasAgg(figure)
    foot = wrapped(figure, captions.foot(caption), _FOOT, placed.width - layout.LEFT - _MARGIN)
    placed = lay_out(grid.length, order, len(foot))
    figure.set_size_inches(placed.width, placed.height)
    page = figure.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, placed.width), ylim=(placed.height, 0))
    page.axis("off")
    painter = _Painter(page, grid, placed, colors.mapping(), order)
    for panel in placed.panels:
        painter.panel(panel, known)
    _head(page, grid, caption, placed)
    draw_key(figure, page, grid, placed, painter.mapping, known, captions.scale(caption))
    for row, line in enumerate(reversed(foot)):
        at = placed.height - 0.15 - row * layout.LINE
        page.text(layout.LEFT, at, line, fontsize=_FOOT, color=GREY)
    return figure


class _Painter:
    """Draws panels on a page with units of inches from its top left corner."""

    def __init__(self, page: Any, grid: Grid, placed: Layout, mapping: Any, order: Order) -> None:
        self.page, self.grid, self.placed = page, grid, placed
        self.mapping, self.order = mapping, order
        self.row_of = dict(zip(order.letters, placed.rows, strict=True))
        self.codes = [AMINO_ACIDS.index(letter) for letter in order.letters]

    def panel(self, panel: Panel, known: Sequence[Known]) -> None:
        inside = slice(panel.start, panel.start + panel.columns)
        width = panel.columns * self.placed.cell
        self._cells(panel, inside)
        self._wild_type(panel, inside)
        self._known(panel, known)
        self._means(panel, inside)
        self._margins(panel, width)
        self._numbers(panel)

    def _x(self, panel: Panel, column: NDArray[np.int64] | float) -> Any:
        """Return the middle of a panel's columns."""
        return layout.LEFT + (np.asarray(column) + 0.5) * self.placed.cell

    def _image(self, colored: NDArray[np.float64], top: float, height: float) -> None:
        right = layout.LEFT + colored.shape[1] * self.placed.cell
        self.page.imshow(
            colored,
            extent=(layout.LEFT, right, top + height, top),
            aspect="auto",
            interpolation="none",
        )
        # imshow changes the limits of the axes.
        self.page.set(xlim=(0, self.placed.width), ylim=(self.placed.height, 0))

    def _colored(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the colours of scores, (..., 4); missing ones are transparent."""
        colored = self.mapping.to_rgba(np.nan_to_num(scores))
        colored[np.isnan(scores)] = 0
        return np.asarray(colored)

    def _cells(self, panel: Panel, inside: slice) -> None:
        from matplotlib.colors import to_rgba

        colored = self._colored(self.grid.scores[:, inside])
        colored[self.grid.wild_type[:, inside]] = to_rgba(WILD_TYPE)
        colored, missing = colored[self.codes], self.grid.missing[self.codes, inside]
        row = 0
        for group in self.order.groups:
            count = len(group.letters)
            top, height = panel.top + self.placed.rows[row], count * layout.ROW
            self._image(colored[row : row + count], top, height)
            if missing[row : row + count].any():  # visible where the image is transparent
                width = panel.columns * self.placed.cell
                self.page.add_patch(hatched(layout.LEFT, top, width, height, zorder=-1))
            row += count

    def _wild_type(self, panel: Panel, inside: slice) -> None:
        """Draw a dot in each cell of the protein's own residue, and its letter above the map."""
        dots = [
            (column, self.row_of[residue] + layout.ROW / 2)
            for column, residue in enumerate(self.grid.protein[inside])
            if residue in self.row_of
        ]
        if dots:
            columns, rows = np.array(dots).T
            size = 0.42 * _POINTS * min(self.placed.cell, layout.ROW)
            self.page.scatter(
                self._x(panel, columns), panel.top + rows, s=size**2, color=DOT, linewidth=0
            )
        if self.placed.cell < _SMALLEST:
            return
        letter = min(7.0, 0.95 * _POINTS * self.placed.cell)
        for column, residue in enumerate(self.grid.protein[inside]):
            self.page.text(
                self._x(panel, column), panel.top - layout.LETTERS / 2,
                "" if residue == "*" else residue,
                fontsize=letter, ha="center", va="center_baseline",
            )  # fmt: skip

    def _known(self, panel: Panel, known: Sequence[Known]) -> None:
        """Mark known variants in a corner of their cells, whose colour stays visible."""
        first = self.grid.first + panel.start
        here = [one for one in known if 0 <= one.position - first < panel.columns]
        for harmful in (False, True):
            corners = [
                corner(
                    harmful,
                    layout.LEFT + (one.position - first) * self.placed.cell,
                    panel.top + self.row_of[one.alt],
                    self.placed.cell,
                    layout.ROW,
                )
                for one in here
                if one.harmful is harmful
            ]
            if corners:
                self.page.add_collection(marks(corners, harmful), autolim=False)

    def _means(self, panel: Panel, inside: slice) -> None:
        top = panel.top - layout.LETTERS - layout.MEAN + 0.02
        self._image(self._colored(self.grid.means[None, inside]), top, layout.MEAN - 0.02)
        self.page.text(
            layout.LEFT - 0.06, top + layout.MEAN / 2 - 0.01, "mean", fontsize=7, ha="right",
            va="center", color=GREY,
        )  # fmt: skip

    def _margins(self, panel: Panel, width: float) -> None:
        """Write the amino acids on the left, their groups on the right."""
        for letter, row in self.row_of.items():
            self.page.text(
                layout.LEFT - 0.12, panel.top + row + layout.ROW / 2, letter, fontsize=7,
                ha="center", va="center_baseline",
            )  # fmt: skip
        at = 0
        for group in self.order.groups:
            rows = self.placed.rows[at : at + len(group.letters)]
            at += len(group.letters)
            middle = panel.top + (rows[0] + rows[-1] + layout.ROW) / 2
            self.page.text(
                layout.LEFT + width + 0.08, middle, group.name, fontsize=7.5, color=GREY,
                va="center",
            )  # fmt: skip

    def _numbers(self, panel: Panel) -> None:
        """Write positions below the map: multiples of ten, or more if there are few."""
        every = 10 if panel.columns > 40 else 5 if panel.columns > 12 else 1
        first = self.grid.first + panel.start
        bottom = panel.top + self.placed.map_height
        shown = [p for p in range(first, first + panel.columns) if p % every == 0]
        if not shown or shown[0] - first >= 4:
            shown.insert(0, first)
        for position in shown:
            x = float(self._x(panel, position - first))
            self.page.plot([x, x], [bottom + 0.02, bottom + 0.06], color=GREY, linewidth=0.7)
            self.page.text(x, bottom + 0.08, str(position), fontsize=7.5, ha="center", va="top")


def _head(page: Any, grid: Grid, caption: captions.Caption, placed: Layout) -> None:
    title = page.text(
        layout.LEFT, 0.42, captions.heading(grid, caption), fontsize=17, fontweight="bold"
    )
    below = page.text(layout.LEFT, 0.66, captions.subtitle(grid, caption), fontsize=10, color=GREY)
    fit(title, placed.width - _MARGIN, 10)
    fit(below, placed.width - _MARGIN, 8)
