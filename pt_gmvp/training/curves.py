"""The curves of a run as a picture; matplotlib is imported when the first one is drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from converters.atomic import file_beside


def draw_curves(path: Path, lines: Sequence[Mapping[str, Any]], best: int | None) -> None:
    """Draw losses and AUROC by epoch, and the loss by step, as PNG.

    Args:
        path: the file, which appears whole or not at all.
        lines: those of metrics.jsonl.
        best: the best epoch, marked, None if there is none.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    epochs = [line for line in lines if line["kind"] == "epoch"]
    steps = [line for line in lines if line["kind"] == "step"]
    figure = Figure(figsize=(13, 4), layout="constrained")
    FigureCanvasAgg(figure)
    by_loss, by_rank, by_step = figure.subplots(1, 3)
    numbers = [line["epoch"] for line in epochs]
    for axes, names in (
        (by_loss, {"training_loss": "training", "loss": "validation"}),
        (by_rank, {"auroc": "AUROC", "aupr": "AUPR"}),
    ):
        for name, label in names.items():
            values = [float("nan") if line[name] is None else line[name] for line in epochs]
            axes.plot(numbers, values, marker=".", label=label)
        if best is not None:
            axes.axvline(best, color="0.6", linestyle=":", label=f"best epoch, {best}")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("epoch")
        axes.legend()
    by_loss.set_title("mean loss")
    by_rank.set_title("validation, how well ranked")
    by_step.plot([s["step"] for s in steps], [s["loss"] for s in steps], linewidth=0.7)
    by_step.set_title("loss of each step's batch")
    by_step.xaxis.set_major_locator(MaxNLocator(integer=True))
    by_step.set_xlabel("step")
    for axes in (by_loss, by_rank, by_step):
        axes.grid(alpha=0.3)
    with file_beside(path) as partial:
        figure.savefig(partial, format="png", dpi=110)
