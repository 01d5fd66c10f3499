"""Panels beside the window: the score, and the weights of the species."""

from typing import Any

import numpy as np

from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.explain.attention import Explanation
from pt_gmvp.analysis.fitting import fit

_END = 13.2  # inches from the picture's left, where words end
BLUE, MARK, GREY, PALE = "#1f4e79", "#b3261e", "#666666", "#eeeeee"


def title(axes: Any, text: str, right: float | None = None) -> None:
    """Write a panel's title above its left end, up to `right` inches from the picture's left."""
    written = axes.set_title(text, loc="left", fontsize=10, pad=5)
    if right is not None:
        fit(written, right, 6)


def draw_score(axes: Any, explained: Explanation) -> None:
    """Draw the score and each model's, between 0 and 1."""
    axes.spines["left"].set_visible(False)
    axes.set(xlim=(0, 1), ylim=(0, 1), yticks=[])
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    axes.hlines(0.35, 0, 1, color=PALE, linewidth=7, zorder=1)
    each = [view.probability for view in explained.views]
    if len(each) > 1:
        axes.vlines(each, 0.17, 0.53, color=BLUE, linewidth=1.3, zorder=2)
    axes.scatter([explained.probability], [0.35], s=95, color=BLUE, marker="D", zorder=3)
    axes.text(
        float(np.clip(explained.probability, 0.1, 0.9)), 0.68, f"{explained.probability:.3f}",
        ha="center", fontsize=13, fontweight="bold", color=BLUE,
    )  # fmt: skip
    title(axes, "gMVP score" + (", and each model's" if len(each) > 1 else ""))


def two_titles(axes: Any, first: str, second: str) -> None:
    """Write two lines above a panel's left end, the second one smaller."""
    lines = ((first, 1.1, 10), (second, 1.03, 8.5))
    for text, height, size in lines:
        written = axes.text(0, height, text, transform=axes.transAxes, fontsize=size, va="bottom")
        fit(written, _END, 6)


def draw_species(axes: Any, explained: Explanation) -> None:
    """Draw the weight of each species against its identity, coloured by its residue here.

    Rows of padding, which are not species, are left out.
    """
    change, around = explained.variant.substitution, explained.around
    present = explained.present
    weights = explained.species[present] * len(explained.species)
    identity = around.identity[present]
    residues = np.array([around.residue_of(number) for number in present], str)
    kinds = [
        ("other", ~np.isin(residues, [change.ref, change.alt, "-"]), "#a9a9a9", "o"),
        ("gap", residues == "-", "#d0d0d0", "o"),
        (change.ref, residues == change.ref, BLUE, "o"),
        (change.alt, residues == change.alt, MARK, "^"),
    ]
    for name, chosen, color, marker in kinds:
        if name in (*AMINO_ACIDS, "other", "gap") and chosen.any():
            axes.scatter(
                identity[chosen], weights[chosen], s=16, color=color, marker=marker,
                linewidth=0, label=f"{name} {chosen.sum()}",
            )  # fmt: skip
    axes.axhline(1, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xlabel("identity to the protein, %", fontsize=9.5)
    if float(np.abs(weights - 1).max(initial=0)) < 1e-6:
        axes.set_ylim(0, 2)
    rows, _ = explained.padding
    left_out = f"; {rows} rows of padding left out" if rows else ""
    two_titles(
        axes,
        f"species weights, by residue at {change.position}",
        f"(1 is an even share{left_out})",
    )
    handles, names = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], names[::-1], frameon=False, fontsize=8.5, loc="upper center",
        bbox_to_anchor=(0.5, -0.17), ncols=4, handletextpad=0.1, columnspacing=0.9,
    )  # fmt: skip
