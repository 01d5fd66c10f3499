"""Panel of each head's attention along the window."""

from typing import Any

import numpy as np

from converters.columns import CENTER
from pt_gmvp.analysis.explain.attention import Explanation
from pt_gmvp.analysis.explain.side_panels import GREY, title

SLOT_AT = CENTER + 4
"""Place of the learned slot, right of the window, in positions from the variant."""


def draw_heads(axes: Any, bar_axes: Any, explained: Explanation) -> None:
    """Draw the attention of each head of each model by colour, with the slot at the end.

    Args:
        axes: of the panel.
        bar_axes: of its colour bar.
        explained: the explanation.
    """
    views = explained.views
    rows = np.concatenate([view.attention for view in views])
    slots = np.concatenate([view.slot for view in views])
    first = int(explained.around.offsets[0])
    last = first + rows.shape[1] - 1
    limits = {"vmin": 0, "vmax": float(max(rows.max(), slots.max())), "cmap": "YlGnBu"}
    bottom = len(rows) - 0.5
    image = axes.imshow(
        rows,
        aspect="auto",
        interpolation="none",
        extent=(first - 0.5, last + 0.5, bottom, -0.5),
        **limits,
    )
    axes.imshow(
        slots[:, None],
        aspect="auto",
        interpolation="none",
        extent=(SLOT_AT - 0.8, SLOT_AT + 0.8, bottom, -0.5),
        **limits,
    )
    axes.set_ylim(bottom, -0.5)
    _name_heads(axes, explained)
    bar = axes.figure.colorbar(image, cax=bar_axes)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7.5, length=2, color=GREY)
    bar.locator = few_ticks(3)
    bar.update_ticks()


def _name_heads(axes: Any, explained: Explanation) -> None:
    """Number the heads of one model, or name the models whose heads stand together."""
    views = explained.views
    start = 0
    ticks, names = [], []
    for view in views:
        heads = len(view.attention)
        if start:
            axes.axhline(start - 0.5, color="white", linewidth=1.5)
        ticks.append(start + (heads - 1) / 2)
        names.append(_cut(view.name, 26 // len(views) if len(views) > 1 else 99))
        start += heads
    if len(views) == 1:
        ticks, names = list(range(start)), [str(head + 1) for head in range(start)]
    axes.set_yticks(ticks, names, rotation=90 if len(views) > 1 else 0, va="center")
    axes.tick_params(axis="y", length=0, labelsize=6.5 if len(views) > 1 else 7.5)
    each = "each model's heads" if len(views) > 1 else "by head"
    title(axes, f"attention, {each}")


def _cut(name: str, letters: int) -> str:
    """Return the end of a name, which distinguishes the models of an ensemble, without .h5."""
    name = name.removesuffix(".h5")
    return name if len(name) <= letters else "…" + name[1 - max(letters, 2) :]


def few_ticks(count: int) -> Any:
    """Return a locator of at most so many round ticks."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(count, steps=[1, 2, 2.5, 5, 10])
