"""Files that the first process writes as a run proceeds: metrics, curves, predictions, weights."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from pt_gmvp.model import GMVP
from pt_gmvp.runs.journal import Journal, read_lines
from pt_gmvp.training.folder import RunFolder

_PAUSE = 20.0  # seconds between two drawings, each of which takes half a second
_LABELS = ("kind", "epoch", "step")  # what in a line of metrics.jsonl is not a metric


class Recorder:
    """Writer of a run's growing files."""

    def __init__(self, folder: RunFolder, step: int = 0, metrics_bytes: int = 0) -> None:
        """Open them to continue after a step, metrics.jsonl cut to the size it had then.

        Raises:
            InputError: metrics.jsonl is shorter than that.
            OSError: a file cannot be written.
        """
        # tensorboardX, as torch's own writer would load TensorFlow.
        from tensorboardX import SummaryWriter

        self.folder = folder
        self._drawn = 0.0
        self._open = ExitStack()
        self._metrics = Journal(folder.metrics, metrics_bytes)
        self._open.callback(self._metrics.close)
        timing_bytes = folder.timing.stat().st_size if folder.timing.exists() else 0
        self._timing = Journal(folder.timing, timing_bytes)
        self._open.callback(self._timing.close)
        # What an earlier log has beyond the step is hidden.
        self._board = SummaryWriter(str(folder.tensorboard), purge_step=step + 1)
        self._open.callback(self._board.close)

    def write(self, line: Mapping[str, Any]) -> None:
        """Write a line of metrics.jsonl, and its numbers for TensorBoard."""
        self._metrics.write(line)
        for name, value in line.items():
            if name not in _LABELS:
                self._board.add_scalar(f"{line['kind']}/{name}", value, line["step"])

    def write_epoch(
        self,
        line: Mapping[str, Any],
        timing: Mapping[str, Any],
        model: GMVP,
        names: Sequence[str],
        labels: NDArray[np.float32],
        probabilities: NDArray[np.float32],
    ) -> None:
        """Write the results of an epoch: metrics, times, weights, and validation scores."""
        number = line["epoch"]
        self.write(line)
        self._timing.write(timing)
        model.save_pretrained(self.folder.weights(number))
        rows = zip(names, probabilities.tolist(), labels.tolist(), strict=True)
        path = self.folder.predictions(number)
        with file_beside(path) as partial, open(partial, "w", encoding="utf-8") as file:
            file.write("var\tgMVP\tlabel\n")
            file.writelines(f"{name}\t{score!r}\t{label:g}\n" for name, score, label in rows)

    def draw(self, best: int | None, last: bool) -> None:
        """Redraw the curves, if they are old or this is the last epoch."""
        if not last and monotonic() - self._drawn < _PAUSE:
            return
        self._drawn = monotonic()
        draw_curves(self.folder.curves, read_lines(self.folder.metrics), best)

    def sync(self) -> int:
        """Force all files to disk; return the size of metrics.jsonl."""
        self._board.flush()
        self._timing.sync()
        return self._metrics.sync()

    def close(self) -> None:
        """Close the files."""
        self._open.close()


def draw_curves(path: Path, lines: Sequence[Mapping[str, Any]], best: int | None) -> None:
    """Draw losses and AUROC by epoch, and the loss by step, as PNG.

    Args:
        path: the file, which appears whole or not at all.
        lines: those of metrics.jsonl.
        best: the best epoch, which is marked; None if there is none.
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
    by_rank.set_title("ranking of the validation variants")
    by_step.plot([s["step"] for s in steps], [s["loss"] for s in steps], linewidth=0.7)
    by_step.set_title("loss of each step's batch")
    by_step.xaxis.set_major_locator(MaxNLocator(integer=True))
    by_step.set_xlabel("step")
    for axes in (by_loss, by_rank, by_step):
        axes.grid(alpha=0.3)
    with file_beside(path) as partial:
        figure.savefig(partial, format="png", dpi=110)
