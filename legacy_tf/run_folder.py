"""Folders of training runs: the release's, with its file names, and this project's own."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from legacy_tf import metrics
from legacy_tf.model import GMVP
from legacy_tf.weights import write_beside

HISTORY = "history.tsv"
COLUMNS = ("epoch", "training_loss", "loss", *metrics.NAMES)
RESULTS = Path("res")


class Scored(NamedTuple):
    """Scores of labelled variants: ids, and labels and probabilities, (V,)."""

    names: list[str]
    labels: np.ndarray
    scores: np.ndarray


class RunFolder(Protocol):
    """A place for the results of a training; `first` is the number of its first epoch."""

    path: Path
    first: int

    def step(self, number: int, loss: float) -> None:
        """Record the loss of a step; steps are counted from 0."""

    def epoch(self, model: GMVP, epoch: Mapping[str, float], validated: Scored) -> None:
        """Record an epoch: weights, the numbers by name, and the validation's scores."""


class OwnFolder:
    """This project's folder: `epoch-<n>.h5`, numbered from 1, and `history.tsv`."""

    first = 1

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._history: list[Mapping[str, float]] = []

    def step(self, number: int, loss: float) -> None:
        """Record nothing."""

    def epoch(self, model: GMVP, epoch: Mapping[str, float], validated: Scored) -> None:
        """Write the epoch's weights, and the history of all epochs so far."""
        self.path.mkdir(parents=True, exist_ok=True)
        model.save_weights(self.path / f"epoch-{epoch['epoch']}.h5")
        self._history.append(epoch)
        lines = ["\t".join(COLUMNS)]
        lines += ["\t".join(str(one[name]) for name in COLUMNS) for one in self._history]
        with write_beside(self.path / HISTORY) as partial:
            partial.write_text("\n".join(lines) + "\n", encoding="utf-8")


class ReleasedFolder:
    """The release's folder `<results>/<date-time>`, whose epochs are numbered from 0.

    It has train.log, model/epoch-<n>.h5, result/epoch_<n>_validate.score, and summary/train, the
    loss of each step for TensorBoard.
    """

    first = 0

    def __init__(self, results: Path = RESULTS, said: Sequence[str] = ()):
        self.path = _new_folder(results)
        for name in ("model", "result", "summary"):
            (self.path / name).mkdir()
        self._log(*said)
        self._summary = _Summary(self.path / "summary" / "train")

    def step(self, number: int, loss: float) -> None:
        """Write the loss for TensorBoard."""
        self._summary.scalar("loss", loss, number)

    def epoch(self, model: GMVP, epoch: Mapping[str, float], validated: Scored) -> None:
        """Write the epoch's weights and scores, and a line in the log."""
        number = epoch["epoch"]
        model.save_weights(self.path / "model" / f"epoch-{number}.h5")
        rows = zip(*validated, strict=True)
        lines = [f"{name}\t{int(label)}\t{score:.6f}\n" for name, label, score in rows]
        with write_beside(self.path / "result" / f"epoch_{number}_validate.score") as partial:
            partial.write_text("var\ttarget\tScore\n" + "".join(lines), encoding="utf-8")
        self._log(describe(epoch))
        self._summary.flush()

    def _log(self, *lines: str) -> None:
        with (self.path / "train.log").open("a", encoding="utf-8") as log:
            now = time.strftime("%Y-%m-%d %H:%M:%S")
            log.writelines(f"{now} {line}\n" for line in lines)


def describe(epoch: Mapping[str, float]) -> str:
    """Return an epoch's numbers in one line."""
    number, *values = epoch.items()
    shown = (f"{name} {'undefined' if math.isnan(v) else format(v, '.4g')}" for name, v in values)
    return "  ".join((f"epoch {number[1]}", *shown))


def _new_folder(results: Path) -> Path:
    """Make a folder named after the time; wait for the next second if another run has this one."""
    results.mkdir(parents=True, exist_ok=True)
    while True:
        path = results / time.strftime("%Y-%m-%d-%H-%M-%S")
        try:
            path.mkdir()
        except FileExistsError:
            time.sleep(0.2)
        else:
            return path


class _Summary:
    """Events for TensorBoard, written by TensorFlow itself, which needs no TensorBoard for it."""

    def __init__(self, path: Path):
        import tensorflow as tf

        self._writer = tf.summary.create_file_writer(str(path))
        self._kind = tf.compat.v1.SummaryMetadata()
        self._kind.plugin_data.plugin_name = "scalars"

    def scalar(self, name: str, value: float, step: int) -> None:
        import tensorflow as tf

        with self._writer.as_default():
            tf.summary.write(name, np.float32(value), step, self._kind)

    def flush(self) -> None:
        self._writer.flush()
