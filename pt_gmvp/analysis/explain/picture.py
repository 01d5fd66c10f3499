"""Explanation as one wide picture; matplotlib is imported when it is drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from converters.atomic import file_beside
from converters.columns import CENTER
from pt_gmvp.analysis.explain import captions
from pt_gmvp.analysis.explain.attention import Explanation
from pt_gmvp.analysis.explain.head_panel import SLOT_AT, draw_heads, few_ticks
from pt_gmvp.analysis.explain.side_panels import (
    BLUE,
    GREY,
    MARK,
    PALE,
    draw_score,
    draw_species,
    title,
)
from pt_gmvp.analysis.fitting import fit, wrapped

FORMATS = ("png", "svg", "pdf")
_SIZE = (13.33, 7.5)  # inches: a slide
_LINE = 0.17  # inches, of each further line at the foot
_RIGHT = _SIZE[0] - 0.3  # where words end
_LEFT, _FOOT = 0.35, 8.5  # inches; points
_DPI = 160
_NAMED = 6  # most neighbours named in the picture
_APART = 5  # least distance of two names, in positions; names of more than 4 letters need more
_WIDE = 2  # positions that a name covers on either side
_ORANGE = "#d07000"
_STRUCTURE = {"helix": "#b48ead", "strand": "#d9b44a"}


def draw(
    path: Path, explained: Explanation, label: str | None = None, note: str | None = None
) -> None:
    """Draw attention, co-evolution and structure along the window, the score, and the species.

    Args:
        path: the file, written atomically; its suffix, one of FORMATS, sets the format.
        explained: the explanation.
        label: a text before the transcript's id in the title, such as a gene.
        note: a text at the foot, after the caution.

    Raises:
        OSError: the file cannot be written.
    """
    import matplotlib

    kind = path.suffix.lower().removeprefix(".")
    # A $ in a name or note of the user must not begin a formula.
    with matplotlib.rc_context({"text.parse_math": False}), file_beside(path) as partial:
        picture(explained, label, note).savefig(partial, format=kind, dpi=_DPI)


def picture(explained: Explanation, label: str | None = None, note: str | None = None) -> Any:
    """Return the picture as a matplotlib Figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE)
    FigureCanvasAgg(figure)
    lines = wrapped(figure, captions.foot(explained, note), _FOOT, _RIGHT - _LEFT)
    page = _Page(figure, (len(lines) - 1) * _LINE)
    figure.set_size_inches(_SIZE[0], page.height)
    _head(page, explained, label, lines)
    along = [page.panel(0.75, *place) for place in ((4.45, 1.75), (2.75, 1.45), (1.3, 1.2))]
    strip = page.panel(0.75, 0.8, 0.32)
    _attention(along[0], explained)
    bar = page.figure.add_axes(page.place(9.78, 2.75, 0.1, 1.45))
    draw_heads(along[1], bar, explained)
    _coevolution(along[2], explained)
    _sequence(strip, explained)
    for axes in (*along, strip):
        _along_the_window(axes, explained, numbered=axes is strip)
    draw_score(page.panel(10.75, 5.25, 0.75, 2.2), explained)
    draw_species(page.panel(10.75, 1.3, 2.35, 2.2), explained)
    return figure


class _Page:
    """Figure in inches from its left edge and from above the foot's first line."""

    def __init__(self, figure: Any, extra: float) -> None:
        self.figure, self.extra = figure, max(extra, 0.0)
        self.height = _SIZE[1] + self.extra

    def place(
        self, left: float, bottom: float, width: float, height: float
    ) -> tuple[float, float, float, float]:
        """Return a rectangle in parts of the figure."""
        across, up = _SIZE[0], self.height
        return left / across, (bottom + self.extra) / up, width / across, height / up

    def panel(self, left: float, bottom: float, height: float, width: float = 8.9) -> Any:
        axes = self.figure.add_axes(self.place(left, bottom, width, height))
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[:].set_color(GREY)
        axes.tick_params(labelsize=8.5, color=GREY, length=3)
        return axes

    def text(self, bottom: float, text: str, **style: Any) -> Any:
        left, up, _, _ = self.place(_LEFT, bottom, 0, 0)
        return self.figure.text(left, up, text, **style)


def _head(page: _Page, explained: Explanation, label: str | None, lines: Sequence[str]) -> None:
    """Write the title, the score, and the lines at the foot."""
    heading = captions.heading(explained, label)
    fit(page.text(7.05, heading, fontsize=17, fontweight="bold"), _RIGHT, 9)
    below = captions.scores(explained, room=140)
    fit(page.text(6.77, below, fontsize=10.5, color=GREY), _RIGHT, 8)
    for row, line in enumerate(lines):
        page.text(0.14 - row * _LINE, line, fontsize=_FOOT, color=GREY)


def _attention(axes: Any, explained: Explanation) -> None:
    """Draw the mean attention of each position, and name the highest."""
    offsets, attention = explained.around.offsets, explained.attention
    many = len(explained.views) > 1
    title(axes, f"attention, mean over heads{' and models' * many}")
    axes.bar(offsets, attention, width=0.85, color=BLUE)
    axes.bar([SLOT_AT], [explained.slot], width=1.6, color=GREY)
    even = captions.even_share(explained)
    axes.axhline(even, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.text(SLOT_AT + 2, even, "even\nshare", fontsize=7.5, color=GREY, va="center")
    top = 1.15 * max(float(attention.max()), explained.slot)
    axes.set_ylim(0, top)
    axes.text(
        0, 1.02 * top, str(explained.variant.substitution), color=MARK, fontsize=11,
        fontweight="bold", ha="center",
    )  # fmt: skip
    axes.text(SLOT_AT, -0.03 * top, "slot", fontsize=8, ha="center", va="top")
    _mark_ends(axes, explained, top)
    for row in peaks(explained):
        at = int(offsets[row])
        axes.annotate(
            f"{explained.around.residues[row]}{explained.around.positions[row]}",
            (at, attention[row]),
            (0, 3),
            textcoords="offset points",
            ha={1: "left", -1: "right"}.get(at, "center"),
            fontsize=8,
        )


def peaks(explained: Explanation) -> list[int]:
    """Return the rows of local maxima that have room for a name above their bar."""
    attention, offsets = explained.attention, explained.around.offsets
    named: list[int] = []
    for row in explained.ranked:
        beside = attention[max(row - _WIDE, 0) : row + _WIDE + 1]
        letters = 1 + len(str(explained.around.positions[row]))
        least = max(_APART, letters + 1)
        apart = all(abs(int(offsets[row] - offsets[other])) >= least for other in named)
        if apart and attention[row] == beside.max():
            named.append(row)
        if len(named) == _NAMED:
            break
    return named


def _mark_ends(axes: Any, explained: Explanation, top: float) -> None:
    first, last = (int(explained.around.offsets[end]) for end in (0, -1))
    for start, end, text in (
        (-CENTER, first, "before\nthe protein"),
        (last, CENTER, "after\nthe protein"),
    ):
        if end - start > 8:
            axes.text(
                (start + end) / 2, top / 2, text, fontsize=8.5, color=GREY, ha="center",
                va="center", bbox={"facecolor": PALE, "linewidth": 0},
            )  # fmt: skip


def _coevolution(axes: Any, explained: Explanation) -> None:
    offsets, strength = explained.around.offsets, explained.strength.copy()
    strength[explained.around.center] = 0  # with itself it is variability, not co-evolution
    axes.bar(offsets, strength, width=0.85, color=_ORANGE)
    top = float(strength.max())
    axes.set_ylim(0, 1.12 * top if top > 0 else 1)
    axes.yaxis.set_major_locator(few_ticks(4))
    change = explained.variant.substitution
    title(
        axes,
        f"co-evolution with position {change.position}, {captions.strength_label(explained)},"
        " no unit",
        right=9.6,
    )


def _sequence(axes: Any, explained: Explanation) -> None:
    """Draw the residues, and the predicted structure by colour."""
    around = explained.around
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for row, offset in enumerate(explained.around.offsets.tolist()):
        color = _STRUCTURE.get(around.structure[row])
        if color:
            axes.add_patch(_rectangle(offset - 0.5, 0.02, 1, 0.3, color))
        letter = around.residues[row].replace("*", "X")
        own = row == around.center
        axes.text(
            offset,
            0.66,
            letter,
            ha="center",
            va="center",
            fontsize=6.2,
            color=MARK if own else "black",
        )
    for at, (name, color) in enumerate(_STRUCTURE.items()):
        axes.text(
            CENTER + 2.2, 0.86 - 0.5 * at, name, color=color, fontsize=8, fontweight="bold",
            va="center",
        )  # fmt: skip


def _rectangle(x: float, y: float, width: float, height: float, color: str, **more: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, facecolor=color, linewidth=0, **more)


def _along_the_window(axes: Any, explained: Explanation, *, numbered: bool) -> None:
    """Give a panel the window's x axis: offsets, labelled by positions of the protein."""
    axes.set_xlim(-CENTER - 0.6, SLOT_AT + 1.4)
    offsets = explained.around.offsets
    low, high = axes.get_ylim()
    for start, end in ((-CENTER - 0.5, offsets[0] - 0.5), (offsets[-1] + 0.5, CENTER + 0.5)):
        if end > start:
            axes.add_patch(
                _rectangle(start, min(low, high), end - start, abs(high - low), PALE, zorder=0)
            )
    position = explained.variant.substitution.position
    shown = [p for p in range(position - CENTER, position + CENTER + 1) if p % 10 == 0]
    inside = [p for p in shown if offsets[0] <= p - position <= offsets[-1]] or [position]
    axes.set_xticks([p - position for p in inside], [str(p) for p in inside] if numbered else [])
    if numbered:
        axes.set_xlabel("position in the protein", fontsize=9.5, labelpad=2)
        axes.xaxis.set_label_coords(0.48, -0.75)
        return
    axes.axvline(0, color=MARK, linewidth=1.1)
