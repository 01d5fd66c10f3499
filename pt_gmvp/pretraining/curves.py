"""The curves of a pre-training as a picture; matplotlib is imported when it is drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from converters.atomic import file_beside

_PARTS = {
    "divergence": "residues: divergence, nats",
    "deviance": "missense counts: half the deviance",
    "error": "allele frequencies: error of log10",
}


def draw_curves(
    path: Path,
    lines: Sequence[Mapping[str, Any]],
    best: int,
    baselines: Mapping[str, Mapping[str, float | None]],
) -> None:
    """Draw what was told better and better by epoch, and the baselines as level lines; PNG.

    Args:
        path: the file, which appears whole or not at all.
        lines: of metrics.jsonl.
        best: the epoch whose weights were kept.
        baselines: the judgement of each, by name.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    shown = [name for name in _PARTS if lines[0][name] is not None]
    figure = Figure(figsize=(5 * len(shown) + 1, 4), layout="constrained")
    FigureCanvasAgg(figure)
    epochs = [line["epoch"] for line in lines]
    for name, axes in zip(shown, figure.subplots(1, len(shown), squeeze=False)[0], strict=True):
        training = [line[f"training_{name}"] for line in lines]
        if None not in training:
            axes.plot(epochs, training, marker=".", label="training")
        axes.plot(epochs, [line[name] for line in lines], marker=".", label="held out")
        told = {baseline: judged[name] for baseline, judged in baselines.items()}
        for number, (baseline, value) in enumerate(told.items()):
            # A model that has nothing of its own for this part repeats the one before it.
            if value is not None and value not in list(told.values())[:number]:
                style = (0, (1 + 2 * number, 2))
                axes.axhline(value, color="0.4", linestyle=style, label=f"{baseline}, held out")
        axes.axvline(best, color="0.8", zorder=0, label=f"best epoch, {best}")
        axes.set_title(_PARTS[name])
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    with file_beside(path) as partial:
        figure.savefig(partial, format="png", dpi=110)
