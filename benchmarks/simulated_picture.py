"""The picture of the simulated experiment: AUROC by epoch, and how many coupled pairs are found."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.coupled_pairs import Precision
from benchmarks.held_out import Judged

AIM = 0.02
"""Target distance of the port from the attainable AUROC."""


def draw(
    path: Path,
    last: Judged,
    chosen: int,
    validating: tuple[list[float], float],
    told: list[Precision],
) -> None:
    """Draw it.

    Args:
        path: the PNG.
        last: the AUROCs on the last proteins.
        chosen: the epoch, from 1.
        validating: the AUROCs on the validating proteins by epoch, and what is attainable there.
        told: the precisions, of which those by the paper's norm are drawn.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    aurocs, shares = figure.subplots(1, 2)
    _aurocs(aurocs, last, chosen, *validating)
    _shares(shares, [one for one in told if one.norm == "paper"])
    for axes in (aurocs, shares):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)


def _aurocs(
    axes: Axes, last: Judged, chosen: int, validating: list[float], attainable: float
) -> None:
    epochs = range(1, len(validating) + 1)
    most = last.attainable
    axes.axhline(most, color="C0", ls="--", lw=1, label="attainable, last proteins")
    axes.axhspan(most - AIM, most, color="0.94", label=f"within {AIM} of it", zorder=0)
    axes.plot(epochs, last.by_epoch, "C0-", marker="o", ms=3, label="reached, last proteins")
    axes.axhline(attainable, color="C1", ls="--", lw=1, label="attainable, validating proteins")
    axes.plot(epochs, validating, "C1-", lw=1, label="reached, validating proteins")
    axes.plot(chosen, last.reached, "ko", ms=9, mfc="none", label="the epoch chosen")
    low, high = axes.get_ylim()
    # Room below for the legend.
    axes.set(xlabel="epoch", ylabel="AUROC", ylim=(low - 0.6 * (high - low), high))
    axes.legend(frameon=False, fontsize=8, loc="lower right")


def _shares(axes: Axes, told: list[Precision]) -> None:
    ways = list(dict.fromkeys(one.way for one in told))
    for corrected, color, shift in ((False, "0.7", 0.2), (True, "C0", -0.2)):
        rows = [one for one in told if one.corrected == corrected]
        places = np.arange(len(ways))[::-1] + shift
        label = "average product corrected" if corrected else "as it is"
        errors = [one.error for one in rows]
        axes.barh(places, [one.mean for one in rows], 0.38, xerr=errors, color=color, label=label)
    axes.set(xlim=(0, 1), xlabel="coupled among the L/10 strongest pairs")
    axes.set_yticks(np.arange(len(ways))[::-1], ways)
    axes.legend(frameon=False, fontsize=8, loc="upper right")
