"""Training as released: nine of ten files train, early stopping on the tenth."""

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
    """There is nothing to train on, or training cannot continue."""


def split_files(folder: str | Path, replicate: int, cv: int) -> tuple[list[str], str]:
    """Return the training files and the validation file among `train_r<replicate>*tfrec`.

    As released, the ten are shuffled by Python's random, seeded with 2020, from the order in which
    glob lists them. That order depends on the file system, so the same `cv` may mean another file
    on another machine. Raises TrainingError unless there are ten, and for a `cv` out of range.
    """
    pattern = str(Path(glob.escape(str(folder))) / f"train_r{replicate}*tfrec")
    # The release uses glob.glob, whose order may differ from Path.glob's.
    files = glob.glob(pattern)
    if len(files) != FILES:
        raise TrainingError(f"{pattern}: {len(files)} files; expected {FILES}")
    if not 0 <= cv < FILES:
        raise TrainingError(f"cv is {cv}; expected the number of a file, 0 to {FILES - 1}")
    random.Random(SPLIT_SEED).shuffle(files)
    return files[:cv] + files[cv + 1 :], files[cv]


class EarlyStopping:
    """Early stopping after `patience` epochs without improvement."""

    def __init__(self, monitor: str, patience: int):
        self.monitor = monitor
        self.patience = patience
        self.best = -math.inf
        self.waited = 0

    def __call__(self, epoch: dict[str, float]) -> bool:
        """Record an epoch and return whether to stop; NaN never counts as an improvement."""
        gain = epoch["auroc"] if self.monitor == "auroc" else -epoch["loss"]
        if gain > self.best:
            self.best, self.waited = gain, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


class Trainer:
    """Training loop over all weights of a model.

    Writes `epoch-<n>.h5`, numbered from 1, and `history.tsv` to `folder` after each epoch.
    """

    def __init__(self, model: GMVP, config: TrainingConfig, folder: str | Path):
        self.model = model
        self.config = config
        self.folder = Path(folder)
        self.optimizer = make_optimizer(config, model.compute_dtype)
        self.history: list[dict[str, float]] = []
        # Only as graphs: in eager mode the GRU cell would keep the dropout masks of its first call.
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

        masks: dropout masks as for the GRU cell's `call`; if None, Keras draws them.
        """
        with tf.GradientTape() as tape:
            logits = self._logits(batch, training, masks)
            value = loss(logits, batch["label"])
        return value, tape.gradient(value, self.model.trainable_weights)

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Take an optimizer step with gradients of all `model.trainable_weights`."""
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
        """Train until early stopping or `max_epochs`; return the results of each epoch.

        An epoch has "epoch", "training_loss", the validation "loss", and the metrics. `report` is
        called after each. Raises RecordError for missing or damaged files, TrainingError for files
        without a record.
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
        """Return the mean "loss" over the records of `files`, and the metrics.

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
        # The last batch may be smaller, and must not have more weight than its records.
        loss = float(np.average(losses, weights=[len(label) for label in labels]))
        return {"loss": loss} | metrics.evaluate(np.concatenate(labels), np.concatenate(scores))

    def _write_history(self) -> None:
        lines = ["\t".join(COLUMNS)]
        lines += ["\t".join(str(epoch[name]) for name in COLUMNS) for epoch in self.history]
        with write_beside(self.folder / HISTORY) as partial:
            partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
