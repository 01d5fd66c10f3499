"""Panels beside the window: the score, and the weights of the species."""

from typing import Any

import numpy as np

from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.explain.attention import Explanation

BLUE, MARK, GREY, PALE = "#1f4e79", "#b3261e", "#666666", "#eeeeee"


def title(axes: Any, text: str) -> None:
    """Write a panel's title above its left end."""
    axes.set_title(text, loc="left", fontsize=10, pad=5)


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


def draw_species(axes: Any, explained: Explanation) -> None:
    """Draw the weight of each species against its identity, coloured by its residue here."""
    change, around = explained.variant.substitution, explained.around
    weights = explained.species * len(explained.species)
    residues = np.array([around.residue_of(number) for number in range(len(weights))])
    kinds = [
        ("other", ~np.isin(residues, [change.ref, change.alt, "-"]), "#a9a9a9", "o"),
        ("gap", residues == "-", "#d0d0d0", "o"),
        (change.ref, residues == change.ref, BLUE, "o"),
        (change.alt, residues == change.alt, MARK, "^"),
    ]
    for name, chosen, color, marker in kinds:
        if name in (*AMINO_ACIDS, "other", "gap") and chosen.any():
            axes.scatter(
                around.identity[chosen], weights[chosen], s=16, color=color, marker=marker,
                linewidth=0, label=f"{name} {chosen.sum()}",
            )  # fmt: skip
    axes.axhline(1, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xlabel("identity to the protein, %", fontsize=9.5)
    spread = float(np.abs(weights - 1).max())
    if spread < 1e-6:
        axes.set_ylim(0, 2)
    title(axes, f"species weights, by residue at {change.position}\n(1 is an even share)")
    handles, names = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], names[::-1], frameon=False, fontsize=8.5, loc="upper center",
        bbox_to_anchor=(0.5, -0.17), ncols=4, handletextpad=0.1, columnspacing=0.9,
    )  # fmt: skip
