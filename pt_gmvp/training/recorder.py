"""What the first process writes of a run: metrics, logs, curves, predictions, weights."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from pt_gmvp.model import GMVP
from pt_gmvp.runs.folder import Lines, RunFolder, read_lines
from pt_gmvp.training.board import Board
from pt_gmvp.training.curves import draw_curves

_PAUSE = 20.0  # seconds between two drawings, each of which takes a half


class Recorder:
    """The files of a run that grow with it."""

    def __init__(self, folder: RunFolder, step: int = 0, metrics_bytes: int = 0) -> None:
        """Open them to go on after a step, metrics.jsonl cut to its size then.

        Raises:
            RunError: metrics.jsonl is shorter than that.
            OSError: a file cannot be written.
        """
        self.folder = folder
        self._drawn = monotonic()
        self._open = ExitStack()
        self._metrics = Lines(folder.metrics, metrics_bytes)
        self._timing = Lines(folder.timing, _size(folder.timing))
        self._board = Board(folder.tensorboard, step)
        for file in (self._metrics, self._timing, self._board):
            self._open.callback(file.close)

    def write(self, line: Mapping[str, Any]) -> None:
        """Write a line of metrics.jsonl, and its numbers for TensorBoard."""
        self._metrics.write(line)
        self._board.write(line)

    def epoch(
        self,
        line: Mapping[str, Any],
        timing: Mapping[str, Any],
        model: GMVP,
        names: Sequence[str],
        labels: NDArray[np.float32],
        probabilities: NDArray[np.float32],
    ) -> None:
        """Write what an epoch leaves: its line, its time, the weights, the predictions."""
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
        """Draw the curves anew, if they are old or the last epoch is done."""
        if not last and monotonic() - self._drawn < _PAUSE:
            return
        self._drawn = monotonic()
        draw_curves(self.folder.curves, read_lines(self.folder.metrics), best)

    def settle(self) -> int:
        """Bring all to the disk; return the size of metrics.jsonl."""
        self._board.settle()
        self._timing.settle()
        return self._metrics.settle()

    def close(self) -> None:
        """Close the files."""
        self._open.close()


def _size(path: Any) -> int:
    return path.stat().st_size if path.exists() else 0
