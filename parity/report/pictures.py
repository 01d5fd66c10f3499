"""Pictures of a check. Errors are relative to an output's scale; axes are logarithmic."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from parity.arrays import Array
from parity.checking import detail
from parity.checking.detail import Magnitudes, Positions
from parity.judging.margin import Margin, margin
from parity.judging.verdict import OutputResult
from parity.report.svg import CANDIDATE, DOUBLE, FAIL, LINE, REFERENCE, TEXT, printable

# Inches; about the natural size on the page of a telephone.
_WIDTH, _HEIGHT = 4.6, 3.3
_LONGEST_NAME = 30
# An error of 0 is drawn at the left edge, which is below one float64 rounding.
_LOWEST, _HIGHEST = 1e-18, 1e1
_SERIES = {
    detail.REFERENCE32: (REFERENCE, "o"),
    detail.CANDIDATE32: (CANDIDATE, "s"),
    detail.BETWEEN64: (DOUBLE, "D"),
}
# Where the candidate has the same error in both precisions, each line shows in the other's gaps.
_LINES = {detail.REFERENCE32: "-.", detail.CANDIDATE32: "-", detail.BETWEEN64: "--"}
_CLOUDS = {detail.CANDIDATE32: (0.10, 0.50, 0.80), detail.BETWEEN64: (0.88, 0.50, 0.05)}
_decades = FuncFormatter(lambda value, _: f"1e{value:.0f}")
_powers = FuncFormatter(lambda value, _: f"1e{np.log10(value):.0f}")


def with_margins(outputs: Sequence[OutputResult]) -> list[tuple[OutputResult, Margin]]:
    """Return the outputs that were compared in float64, with their margins."""
    return [(output, found) for output in outputs if output.scale and (found := margin(output))]


def growth(outputs: Sequence[OutputResult]) -> Figure:
    """Draw the errors of each intermediate, top to bottom, and the bounds of rounding.

    Outputs without margins are left out; there must be at least one with them.
    """
    intermediates = with_margins(outputs)
    places = np.arange(len(intermediates))
    figure = Figure(figsize=(_WIDTH, 0.95 + 0.17 * len(intermediates)))
    names = [_short(output.name) for output, _ in intermediates]
    left = 0.2 + 0.068 * max(len(name) for name in names)
    axes = _framed(figure, left, top=0.42)
    for label, values in _errors(intermediates).items():
        colour, marker = _SERIES[label]
        axes.plot(
            _inside(values), places, "-", color=colour, marker=marker, ms=3.2, lw=0.7,
            mfc="none" if label == detail.REFERENCE32 else colour, label=label,
        )  # fmt: skip
    for share, colour in (("logic", DOUBLE), ("rounding", CANDIDATE)):
        bounds = [
            getattr(found.bounds, share) / (output.scale or 1) for output, found in intermediates
        ]
        axes.plot(_inside(bounds), places, "|", color=colour, ms=8, mew=1.2, label="_")
    axes.plot([], [], "|", color=TEXT, ms=8, label="bound")
    axes.set_yticks(places, names)
    for text, (output, _) in zip(axes.get_yticklabels(), intermediates, strict=True):
        text.set_color(TEXT if output.verdict.passes else FAIL)
    axes.set_ylim(len(intermediates) - 0.4, -0.6)
    axes.set_xscale("log")
    _label_powers(axes.xaxis)
    axes.set_xlim(_LOWEST / 2, _HIGHEST)
    axes.set_xlabel("error relative to the scale of the output")
    _legend(figure)
    return figure


def _errors(intermediates: Sequence[tuple[OutputResult, Margin]]) -> dict[str, list[float]]:
    return {
        label: [(getattr(output, name) or 0.0) / (output.scale or 1) for output, _ in intermediates]
        for label, name in (
            (detail.REFERENCE32, "ref_err"),
            (detail.CANDIDATE32, "cand_err"),
            (detail.BETWEEN64, "max_abs_err_64"),
        )
    }


def shares(outputs: Sequence[OutputResult]) -> Figure:
    """Draw each output by the share of the float64 and of the float32 bound that it uses."""
    found = with_margins(outputs)
    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    axes = _framed(figure, 0.62, top=0.42)
    for passes, marker, colour, label in (
        (True, "o", CANDIDATE, "passes"),
        (False, "X", FAIL, "fails"),
    ):
        chosen = [m for output, m in found if output.verdict.passes is passes]
        if chosen:
            axes.plot(
                _within([m.logic for m in chosen]), _within([m.rounding for m in chosen]), marker,
                color=colour, ms=4, mew=0, alpha=0.7, label=label,
            )  # fmt: skip
    axes.axvline(1, color=TEXT, lw=0.8, ls="--")
    axes.axhline(1, color=TEXT, lw=0.8, ls="--")
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        _label_powers(axis)
    axes.set_xlabel("float64: difference / bound")
    axes.set_ylabel("float32: candidate's error / bound")
    _legend(figure)
    return figure


def _within(values: Sequence[float]) -> Array:
    return np.clip(np.nan_to_num(values, posinf=1e12), 1e-6, 1e12)


def _inside(values: Sequence[float]) -> Array:
    return np.clip(np.nan_to_num(values, posinf=_HIGHEST), _LOWEST, _HIGHEST)


def magnitudes(found: Magnitudes, allowed: Margin | None, scale: float) -> Figure:
    """Draw errors against the magnitudes of the true values, both relative to the scale.

    A cloud shows the number of elements, a line the largest error at each magnitude. `allowed` and
    `scale` (absolute) give the bounds.
    """
    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    axes = _framed(figure, 0.62, top=0.42)
    box = (*detail.MAGNITUDES, *detail.ERRORS)
    for name, tint in _CLOUDS.items():
        if name in found.counts:
            axes.imshow(
                _cloud(found.counts[name], tint), extent=box, origin="lower", aspect="auto",
                interpolation="none",
            )  # fmt: skip
    left, right = detail.MAGNITUDES
    middles = np.linspace(left, right, (right - left) * detail.BINS, endpoint=False)
    for name, largest in found.largest.items():
        colour, _ = _SERIES[name]
        with np.errstate(divide="ignore"):
            levels = np.where(largest > 0, np.log10(largest), np.nan)
        axes.plot(
            middles + 0.5 / detail.BINS, levels, _LINES[name], color=colour, lw=1.3, label=name
        )
    lowest, highest = _used(found, 1, detail.ERRORS)
    if allowed is not None:
        for bound, colour in ((allowed.bounds.logic, DOUBLE), (allowed.bounds.rounding, CANDIDATE)):
            level = float(np.log10(bound / scale))
            lowest, highest = min(lowest, level), max(highest, level)
            axes.axhline(level, color=colour, lw=1.3, ls=":")
        axes.plot([], [], ":", color=TEXT, lw=1.3, label="bound")
    axes.set_xlim(_used(found, 0, detail.MAGNITUDES)[0], right)
    axes.set_ylim(lowest - 0.5, highest + 1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_decades)
        axis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("magnitude of the true value / scale")
    axes.set_ylabel("error / scale")
    _legend(figure)
    return figure


def _cloud(counts: Array, colour: tuple[float, float, float]) -> Array:
    """Return counts (magnitude, error) as RGBA (error, magnitude, 4) uint8; many are opaque."""
    density = np.log1p(counts.T) / max(float(np.log1p(counts.max())), 1.0)
    image = np.zeros((*density.shape, 4), np.uint8)
    image[..., :3] = np.round(np.array(colour) * 255)
    image[..., 3] = np.round(density * 190)
    return image


def _used(found: Magnitudes, axis: int, decades: tuple[int, int]) -> tuple[float, float]:
    """Return the first and last decade in which elements are counted, on an axis of the counts."""
    counts = sum(counts.sum(axis=1 - axis) for counts in found.counts.values())
    bins = np.flatnonzero(counts)
    if bins.size == 0:
        return decades
    first, last = bins[[0, -1]] / detail.BINS + decades[0]
    return float(np.floor(first)), float(np.ceil(last + 1 / detail.BINS))


def positions(found: Positions, name: str) -> Figure:
    """Draw the largest error at each position of two axes; positions without error are empty.

    Crosses mark infinite errors (NaN or infinity on one side only).
    """
    rows, columns = found.extent
    values = found.maps[name]
    figure = Figure(figsize=(_WIDTH, 1.15 + (_HEIGHT - 1.15) * min(1, values.shape[0] / 12)))
    axes = _framed(figure, 0.62, top=0.12, right=0.95)
    with np.errstate(divide="ignore"):
        levels = np.log10(np.where(np.isfinite(values) & (values > 0), values, np.nan))
    seen = levels[np.isfinite(levels)]
    lowest, highest = (seen.min(), seen.max()) if seen.size else (-1, 0)
    image = axes.imshow(
        levels, extent=(-0.5, columns - 0.5, rows - 0.5, -0.5), aspect="auto",
        interpolation="none", cmap="viridis",
        vmin=lowest, vmax=highest,
    )  # fmt: skip
    row, column = np.nonzero(np.isinf(values))
    if row.size:
        cells = values.shape
        axes.plot(
            (column + 0.5) * columns / cells[1] - 0.5, (row + 0.5) * rows / cells[0] - 0.5, "x",
            color=FAIL, ms=4,
        )  # fmt: skip
    axes.grid(visible=False)
    for axis, length in ((axes.xaxis, columns), (axes.yaxis, rows)):
        axis.set_major_locator(MaxNLocator(min(6, length), integer=True, min_n_ticks=1))
    axes.set_xlabel(printable(found.letters[1]))
    axes.set_ylabel(printable(found.letters[0]))
    width, height = figure.get_size_inches()
    bar = figure.add_axes((1 - 0.8 / width, 0.45 / height, 0.13 / width, 1 - 0.57 / height))
    figure.colorbar(
        image, cax=bar, format=FuncFormatter(lambda v, _: f"{10**v:.0e}".replace("e-0", "e-"))
    )
    bar.yaxis.set_major_locator(MaxNLocator(4))
    return figure


def _framed(figure: Figure, left: float, top: float, right: float = 0.15) -> Axes:
    """Add axes with margins in inches, the lower one with room for a label."""
    width, height = figure.get_size_inches()
    box = (left / width, 0.45 / height, 1 - (left + right) / width, 1 - (0.45 + top) / height)
    axes: Axes = figure.add_axes(box)
    axes.tick_params(length=2, color=LINE)
    return axes


def _label_powers(axis: Axis) -> None:
    """Label a logarithmic axis; matplotlib's own labels need its mathematical fonts."""
    axis.set_major_locator(LogLocator(numticks=7))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(_powers)


def _legend(figure: Figure) -> None:
    figure.legend(
        loc="upper center", ncols=4, handlelength=1.6, columnspacing=1.0, borderaxespad=0.1
    )


def _short(name: str) -> str:
    name = printable(name)
    return name if len(name) <= _LONGEST_NAME else "…" + name[1 - _LONGEST_NAME :]
