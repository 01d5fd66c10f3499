"""Heat map of the strengths of all pairs of positions."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from pt_gmvp.analysis.coevolution.pairs import MIN_SEPARATION, ranked_pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Box = tuple[float, float, float, float]
_SIZE = (8.8, 7.9)  # inches
_CELLS = 1200  # most cells on a side that the picture has room for
_FEW = 40  # most positions that are all labelled with their letter
_MARK = "#b3261e"


def write_map(
    path: str | Path,
    strength: NDArray[np.floating],
    letters: str,
    positions: NDArray[np.int64],
    *,
    title: str,
    unit: str,
    min_separation: int = MIN_SEPARATION,
) -> None:
    """Draw a heat map of (L, L) strengths as a PNG, atomically.

    Above the diagonal all pairs are coloured; below it the L strongest pairs at least
    `min_separation` apart are marked. Colours range from the median strength to the 99.8th
    percentile, so that a few outliers do not leave the rest white.

    Args:
        path: the file.
        strength: symmetric; its diagonal is not shown.
        letters: the query's residue at each position.
        positions: (L,) the number of each position, ascending.
        title: the first line above the map; the second explains the two halves.
        unit: the label of the colour bar.
        min_separation: of marked pairs.

    Raises:
        OSError: the file cannot be written.
    """
    figure = _map(strength, letters, positions, title, unit, min_separation)
    with file_beside(path) as partial:
        figure.savefig(partial, format="png")


def _map(
    strength: NDArray[np.floating],
    letters: str,
    positions: NDArray[np.int64],
    title: str,
    unit: str,
    min_separation: int,
) -> "Figure":
    from matplotlib.figure import Figure

    length = len(strength)
    figure = Figure(figsize=_SIZE, dpi=160)
    axes = figure.add_axes(_of_figure(0.85, 0.65, 6.6, 6.6))
    shown = _upper(strength)
    low, high = _range(shown)
    image = axes.imshow(
        shown,
        cmap="YlGnBu",
        vmin=low,
        vmax=high,
        interpolation="nearest",
        extent=(-0.5, length - 0.5, length - 0.5, -0.5),
    )
    axes.axline((0, 0), slope=1, color="#888888", linewidth=0.7)
    pairs = ranked_pairs(strength, positions, min_separation=min_separation, top=length)
    size = float(np.clip(900 / length, 2.5, 60))
    axes.scatter(pairs.i, pairs.j, s=size, color=_MARK, linewidth=0)
    axes.set(xlim=(-0.5, length - 0.5), ylim=(length - 0.5, -0.5))
    _number(axes, letters, positions)
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=26)
    below = (
        f"below the diagonal: the {len(pairs.i):,} strongest pairs at least {min_separation} apart"
    )
    axes.text(
        0, 1.015, f"above: every pair by colour · {below}", transform=axes.transAxes, fontsize=9.5
    )
    bar = figure.colorbar(
        image, cax=figure.add_axes(_of_figure(7.65, 1.35, 0.2, 5.2)), extend="both"
    )
    bar.set_label(unit, fontsize=10.5)
    bar.ax.tick_params(labelsize=9)
    bar.outline.set_visible(False)
    return figure


def _of_figure(left: float, bottom: float, width: float, height: float) -> Box:
    """Convert inches to fractions of the figure; automatic layout cuts off a square map's title."""
    across, up = _SIZE
    return left / across, bottom / up, width / across, height / up


def _range(shown: NDArray[np.float64]) -> tuple[float, float]:
    """Return the strengths at the ends of the colour scale."""
    values = shown[np.isfinite(shown)]
    if not values.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, (50, 99.8)))
    return low, high if high > low else low + 1e-6


def _upper(strength: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the upper triangle, the rest NaN; a large matrix is reduced to maxima of squares."""
    length = len(strength)
    step = -(-length // _CELLS)
    cells = -(-length // step)
    shown = np.full((cells, cells), np.nan)
    for row in range(cells):
        band = strength[row * step : (row + 1) * step]
        largest = np.maximum.reduceat(band, np.arange(0, length, step), axis=1).max(0)
        shown[row, row + 1 :] = largest[row + 1 :]
    return shown


def _number(axes: "Axes", letters: str, positions: NDArray[np.int64]) -> None:
    """Label both axes by the numbers of the positions, with letters if they are few."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    length = len(letters)

    def named(column: float, _: Any = None) -> str:
        at = round(column)
        if not 0 <= at < length:
            return ""
        return f"{letters[at]}{positions[at]}" if length <= _FEW else f"{positions[at]}"

    ticks = _ticks(positions)
    for axis in (axes.xaxis, axes.yaxis):
        if length <= _FEW:
            axis.set_major_locator(MaxNLocator(length, integer=True))
        else:
            axis.set_ticks(ticks)
        axis.set_major_formatter(FuncFormatter(named))
        axis.set_label_text("position in the query")
    axes.tick_params(labelsize=9, length=3, color="#888888")
    if length <= _FEW:
        axes.tick_params(axis="x", rotation=90, labelsize=8)
    axes.spines[:].set_color("#888888")


def _ticks(positions: NDArray[np.int64]) -> list[int]:
    """Return about ten columns nearest to round numbers."""
    from matplotlib.ticker import MaxNLocator

    numbers = MaxNLocator(10, integer=True, steps=[1, 2, 2.5, 5, 10]).tick_values(
        int(positions[0]), int(positions[-1])
    )
    inside = [n for n in numbers if positions[0] <= n <= positions[-1]]
    return sorted({int(np.searchsorted(positions, number)) for number in inside})
