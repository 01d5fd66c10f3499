"""Training as released: ten files, one of them held out, until the held-out one no longer gains."""

import glob
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from legacy_tf import metrics
from legacy_tf.config import TrainingConfig
from legacy_tf.data import clear_errors, training_records, validation_records
from legacy_tf.errors import GMVPError
from legacy_tf.model import GMVP
from legacy_tf.optim import loss, make_optimizer
from legacy_tf.weights import write_beside

SPLIT_SEED = 2020
FILES = 10
HISTORY = "history.tsv"
COLUMNS = ("epoch", "training_loss", "loss", *metrics.NAMES)


class TrainingError(GMVPError):
    """There is nothing to train on, or training cannot go on."""


def split_files(folder: str | Path, replicate: int, cv: int) -> tuple[list[str], str]:
    """Return the files to train on and the one to validate on, of `train_r<replicate>*tfrec`.

    The ten are shuffled by Python's random, seeded 2020, from the order in which glob lists them,
    as released: that order is the file system's, so the same `cv` may name another file on another
    machine. Raises TrainingError unless there are ten, and for a `cv` out of range.
    """
    pattern = str(Path(glob.escape(str(folder))) / f"train_r{replicate}*tfrec")
    # Path.glob need not list in the order of the release's glob.glob.
    files = glob.glob(pattern)
    if len(files) != FILES:
        raise TrainingError(f"{pattern}: {len(files)} files; expected {FILES}")
    if not 0 <= cv < FILES:
        raise TrainingError(f"cv is {cv}; expected the number of a file, 0 to {FILES - 1}")
    random.Random(SPLIT_SEED).shuffle(files)
    return files[:cv] + files[cv + 1 :], files[cv]


class EarlyStopping:
    """Tells when what is watched has not improved for `patience` epochs."""

    def __init__(self, monitor: str, patience: int):
        self.monitor = monitor
        self.patience = patience
        self.best = -math.inf
        self.waited = 0

    def __call__(self, epoch: dict[str, float]) -> bool:
        """Take note of an epoch; return whether to stop. NaN never counts as an improvement."""
        gain = epoch["auroc"] if self.monitor == "auroc" else -epoch["loss"]
        if gain > self.best:
            self.best, self.waited = gain, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


class Trainer:
    """Trains a model, all weights of it, and writes them after each epoch.

    `folder` gets `epoch-<n>.h5`, counted from 1, and `history.tsv`.
    """

    def __init__(self, model: GMVP, config: TrainingConfig, folder: str | Path):
        self.model = model
        self.config = config
        self.folder = Path(folder)
        self.optimizer = make_optimizer(config, model.compute_dtype)
        self.history: list[dict[str, float]] = []
        # As graphs only: eagerly, the GRU cell would keep the dropout of its first call.
        self.train_step = tf.function(self._train_step, reduce_retracing=True)
        self.test_step = tf.function(self._test_step, reduce_retracing=True)

    def _train_step(
        self, batch: dict[str, tf.Tensor], training: bool = True, masks=None
    ) -> tf.Tensor:
        value, gradients = self.loss_and_gradients(batch, training, masks)
        self.apply(gradients)
        return value

    def loss_and_gradients(
        self, batch: dict[str, tf.Tensor], training: bool = True, masks=None
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Return the loss, a scalar, and its gradients in the order of `model.trainable_weights`.

        masks: dropout masks for the GRU cell, as its `call` has them; Keras' own where None.
        """
        with tf.GradientTape() as tape:
            logits = self._logits(batch, training, masks)
            value = loss(logits, batch["label"])
        return value, tape.gradient(value, self.model.trainable_weights)

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Let the optimizer make its step with gradients of all `model.trainable_weights`."""
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_weights, strict=True))

    def _test_step(self, batch: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        logits = self._logits(batch, training=False)
        return loss(logits, batch["label"]), tf.sigmoid(logits)

    def _logits(self, batch: dict[str, tf.Tensor], training: bool, masks=None) -> tf.Tensor:
        inputs = (batch[name] for name in ("ref_aa", "alt_aa", "feature", "mask"))
        return self.model(*inputs, training=training, masks=masks)

    def fit(
        self,
        training_files: Sequence[str | Path],
        validation_files: Sequence[str | Path],
        seed: int | None = None,
        report: Callable[[dict[str, float]], None] = lambda epoch: None,
    ) -> list[dict[str, float]]:
        """Train until early stopping or the most epochs; return what each epoch reached.

        An epoch has "epoch", "training_loss", the validation "loss", and the metrics. `report` is
        called with each. Raises RecordError for missing or damaged files, TrainingError for
        files without a record.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        batches = training_records(training_files, self.config.batch_size, seed)
        stop = EarlyStopping(self.config.monitor, self.config.patience)
        for number in range(1, self.config.max_epochs + 1):
            with clear_errors(training_files, labelled=True):
                losses = [float(self.train_step(batch)) for batch in batches]
            if not losses:
                raise TrainingError("no record in " + ", ".join(map(str, training_files)))
            epoch = {"epoch": number, "training_loss": float(np.mean(losses))}
            epoch |= self.evaluate(validation_files)
            self.model.save_weights(self.folder / f"epoch-{number}.h5")
            self.history.append(epoch)
            self._write_history()
            report(epoch)
            if stop(epoch):
                break
        return self.history

    def evaluate(self, files: Sequence[str | Path]) -> dict[str, float]:
        """Return the mean "loss" over the records of `files`, and what `metrics.evaluate` says.

        Raises RecordError and TrainingError as `fit` does.
        """
        losses, labels, scores = [], [], []
        with clear_errors(files, labelled=True):
            for batch in validation_records(files, self.config.batch_size):
                loss, probability = self.test_step(batch)
                losses.append(float(loss))
                labels.append(batch["label"].numpy())
                scores.append(probability.numpy())
        if not losses:
            raise TrainingError("no record in " + ", ".join(map(str, files)))
        # The last batch may be smaller, and must not count for more than it holds.
        loss = float(np.average(losses, weights=[len(label) for label in labels]))
        return {"loss": loss} | metrics.evaluate(np.concatenate(labels), np.concatenate(scores))

    def _write_history(self) -> None:
        lines = ["\t".join(COLUMNS)]
        lines += ["\t".join(str(epoch[name]) for name in COLUMNS) for epoch in self.history]
        with write_beside(self.folder / HISTORY) as partial:
            partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
