"""Training as released: nine of ten files train, early stopping on the tenth."""

import math
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
from legacy_tf.run_folder import OwnFolder, RunFolder, Scored


class TrainingError(GMVPError):
    """There is nothing to train on, or training cannot continue."""


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

    After each epoch it writes to `folder`, a RunFolder; a path stands for an OwnFolder there.
    """

    def __init__(self, model: GMVP, config: TrainingConfig, folder: str | Path | RunFolder):
        self.model = model
        self.config = config
        self.folder = OwnFolder(folder) if isinstance(folder, str | Path) else folder
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
        test_files: Sequence[str | Path] = (),
    ) -> list[dict[str, float]]:
        """Train until early stopping or `max_epochs`; return the results of each epoch.

        An epoch has "epoch", "training_loss", the validation "loss", and the metrics; with test
        files also their loss and metrics, as "test_loss" and so on, which decide nothing. `report`
        is called after each. Raises RecordError for missing or damaged files, TrainingError for
        files without a record.
        """
        batches = training_records(training_files, self.config.batch_size, seed)
        stop = EarlyStopping(self.config.monitor, self.config.patience)
        steps = 0
        for number in range(self.folder.first, self.folder.first + self.config.max_epochs):
            losses = []
            with clear_errors(training_files, labelled=True):
                for batch in batches:
                    losses.append(float(self.train_step(batch)))
                    self.folder.step(steps, losses[-1])
                    steps += 1
            if not losses:
                raise TrainingError("no record in " + ", ".join(map(str, training_files)))
            epoch = {"epoch": number, "training_loss": float(np.mean(losses))}
            found, validated = self._score(validation_files)
            epoch |= found
            if test_files:
                tested = self.evaluate(test_files)
                epoch |= {f"test_{name}": value for name, value in tested.items()}
            self.folder.epoch(self.model, epoch, validated)
            self.history.append(epoch)
            report(epoch)
            if stop(epoch):
                break
        return self.history

    def evaluate(self, files: Sequence[str | Path]) -> dict[str, float]:
        """Return the mean "loss" over the records of `files`, and the metrics.

        Raises RecordError and TrainingError as `fit` does.
        """
        return self._score(files)[0]

    def _score(self, files: Sequence[str | Path]) -> tuple[dict[str, float], Scored]:
        names, losses, labels, scores = [], [], [], []
        with clear_errors(files, labelled=True):
            for batch in validation_records(files, self.config.batch_size):
                loss, probability = self.test_step(batch)
                losses.append(float(loss))
                names += [name.decode() for name in batch["var_id"].numpy()]
                labels.append(batch["label"].numpy())
                scores.append(probability.numpy())
        if not losses:
            raise TrainingError("no record in " + ", ".join(map(str, files)))
        # The last batch may be smaller, and must not have more weight than its records.
        loss = float(np.average(losses, weights=[len(label) for label in labels]))
        scored = Scored(names, np.concatenate(labels), np.concatenate(scores))
        return {"loss": loss} | metrics.evaluate(scored.labels, scored.scores), scored
