"""Layout of a map's picture, in inches from its top left corner."""

from typing import NamedTuple

from pt_gmvp.analysis.heatmap.order import Order

LONGEST = 3000
"""Maximum number of positions in a picture."""

_ROW_POSITIONS = 150  # most positions side by side
_ACROSS = 11.35  # inches of cells
_WIDEST = 0.3  # a cell
_NARROWEST_PAGE = 9.0
LEFT, RIGHT = 0.62, 1.05
HEAD, FOOT = 1.2, 0.35
ROW = 0.132  # height of an amino acid's row
GAP = 0.03  # between groups of amino acids
LINE = 0.17  # of the foot
MEAN, LETTERS = 0.15, 0.15  # heights of the strip of means, and of the protein's residues
BELOW = 0.5  # numbers below a panel, and the space to the next


class Panel(NamedTuple):
    """Positions side by side: the first of them, their number, and the map's top."""

    start: int
    columns: int
    top: float


class Layout(NamedTuple):
    """A picture of `width` by `height` inches, cells of `cell` width, and its panels."""

    width: float
    height: float
    cell: float
    rows: tuple[float, ...]
    panels: tuple[Panel, ...]

    @property
    def map_height(self) -> float:
        """Return the height from the first row's top to the last row's bottom."""
        return self.rows[-1] + ROW


def lay_out(length: int, order: Order, lines: int = 1) -> Layout:
    """Break a map of `length` positions into panels of about equal width.

    Args:
        length: number of positions.
        order: of the amino acids. `rows` of the result are the tops of their rows below a panel's
            top.
        lines: number of lines at the foot.
    """
    number = -(-length // _ROW_POSITIONS)
    across = length if number == 1 else -(-length // number // 10) * 10
    cell = min(_ACROSS / across, _WIDEST)
    rows: list[float] = []
    at = 0.0
    for group in order.groups:
        rows += [at + ROW * n for n in range(len(group.letters))]
        at = rows[-1] + ROW + GAP
    tall = MEAN + LETTERS + rows[-1] + ROW + BELOW
    starts = range(0, length, across)
    panels = tuple(
        Panel(start, min(across, length - start), HEAD + MEAN + LETTERS + n * tall)
        for n, start in enumerate(starts)
    )
    width = max(LEFT + across * cell + RIGHT, _NARROWEST_PAGE)
    height = HEAD + len(panels) * tall + FOOT + (max(lines, 1) - 1) * LINE
    return Layout(width, height, cell, tuple(rows), panels)
