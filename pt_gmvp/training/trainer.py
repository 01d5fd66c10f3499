"""A training run: epochs of steps and their validation, from the start or from a checkpoint."""

import math
from typing import Any

from converters.errors import InputError
from pt_gmvp.config import TrainingConfig
from pt_gmvp.data import Batch, Loader
from pt_gmvp.runs.batches import from_workers
from pt_gmvp.runs.early_stopping import EarlyStopping
from pt_gmvp.runs.progress import Reporter, Speed
from pt_gmvp.runs.stopping import Stopped, StopRequest
from pt_gmvp.training.checkpoint import Checkpoints
from pt_gmvp.training.dropout import gru_masks
from pt_gmvp.training.faults import write_fault
from pt_gmvp.training.folder import RunFolder, reporting_failed_writes
from pt_gmvp.training.learner import Learner, Pass
from pt_gmvp.training.recorder import Recorder
from pt_gmvp.training.sharing import SharedBatches
from pt_gmvp.training.split import Split
from pt_gmvp.training.validation import evaluate, probabilities, score


class Trainer:
    """A run that trains until early stopping or the last epoch, and continues a killed one.

    Args:
        learner: what is trained.
        split: the data.
        config: how to train.
        folder: where the first process writes.
        checkpoints: those of the run; the newest is loaded.
        request: whether this process was asked to stop.
        reporter: shows the progress.
        workers: processes that read batches ahead.

    Raises:
        InputError: the newest checkpoint is damaged or belongs to other data, or metrics.jsonl was
            cut since.
    """

    def __init__(
        self,
        learner: Learner,
        split: Split,
        config: TrainingConfig,
        folder: RunFolder,
        checkpoints: Checkpoints,
        request: StopRequest,
        reporter: Reporter,
        workers: int = 0,
    ) -> None:
        self.learner, self.split, self.config = learner, split, config
        self.folder, self.checkpoints = folder, checkpoints
        self.request, self.reporter = request, reporter
        self.world = learner.world
        self.step = 0
        self.losses = (0.0, 0)  # the sum of this epoch's, and their number
        self.stopping = EarlyStopping(config.monitor, config.patience)
        self.finished = False
        self.batches = SharedBatches(
            len(split.training), config.batch_size, learner.settings.seed, self.world.part
        )
        self.loader = Loader(
            split.training,
            self.batches,
            num_workers=workers,
            pin_memory=self.world.device.type == "cuda",
            persistent_workers=workers > 0,
        )
        metrics_bytes = self._load_checkpoint()
        self.recorder = Recorder(folder, self.step, metrics_bytes) if self.world.first else None

    def run(self) -> None:
        """Train to the end.

        Raises:
            Stopped: the run was asked to stop; a checkpoint of the last step is written.
            InputError: a loss or gradient is not finite (on the first process), a variant has no
                label, a record is damaged, or something cannot be written, as on a full disk.
            OSError: something cannot be read.
        """
        try:
            self.learner.warm_up(self.split.training.__getitems__([0]).to(self.world.device))
            while not self.finished:
                self._epoch()
        finally:
            if self.recorder is not None:
                self.recorder.close()

    @property
    def epoch(self) -> int:
        """Return the current epoch, counted from 1."""
        return self.loader.epoch + 1

    def _epoch(self) -> None:
        epoch, speed = self.epoch, Speed()
        self.reporter.begin(epoch, self.loader.state_dict()["batches"], len(self.batches))
        for batch in from_workers(self.loader):
            self._step(batch, speed)
        self._end(epoch, speed)

    def _step(self, batch: Batch, speed: Speed) -> None:
        number = self.loader.cursor.batches - 1
        rows, size = self.batches.rows(number), self.batches.size(number)
        asked = self.request.signal is not None
        found = self.learner.differentiate(batch, rows, size, self.step, asked)
        if not (math.isfinite(found.loss) and math.isfinite(found.gradient_norm)):
            self._fail(number, found)
        rate = self.learner.rate
        self.learner.update()
        self.step += 1
        self.losses = (self.losses[0] + found.loss, self.losses[1] + 1)
        speed.add(size)
        self.reporter.step(found.loss, rate, size)
        if self.recorder is not None:
            with reporting_failed_writes(self.folder.path):
                self.recorder.write(
                    {
                        "kind": "step",
                        "step": self.step,
                        "epoch": self.epoch,
                        "loss": found.loss,
                        "learning_rate": rate,
                        "gradient_norm": found.gradient_norm,
                    }
                )
            if found.asked or self.checkpoints.due(self.step):
                self._save_checkpoint()
        if found.asked:
            raise Stopped(
                f"stopped on request after step {self.step}, saved in "
                f"{self.folder.checkpoints}; continue with --resume",
                self.request.code,
            )

    def _end(self, epoch: int, speed: Speed) -> None:
        """Validate, record the epoch, and decide whether it was the last."""
        seconds = speed.seconds
        timing = {
            "steps": speed.steps,
            "samples": speed.units,
            "seconds": seconds,
            "samples_per_second": speed.units / seconds,
        }
        logits = score(self.learner, self.split.validation, self.config.batch_size)
        labels = self.split.validation.labels
        total, count = self.losses
        line: dict[str, Any] = {
            "kind": "epoch",
            "epoch": epoch,
            "step": self.step,
            "training_loss": total / count,
        }
        line |= evaluate(logits, labels)
        self.finished = self.stopping(line) or epoch >= self.config.max_epochs
        self.losses = (0.0, 0)
        self.reporter.end(line)
        if self.recorder is not None:
            names = self.split.validation.var_ids
            timing |= {"epoch": epoch, "validation_seconds": speed.seconds - seconds}
            with reporting_failed_writes(self.folder.path):
                self.recorder.write_epoch(
                    line, timing, self.learner.model, names, labels, probabilities(logits)
                )
                self.recorder.draw(self.stopping.best_epoch, self.finished)
            self._save_checkpoint()

    def _save_checkpoint(self) -> None:
        assert self.recorder is not None, "only the first process writes"
        tensors, learner = self.learner.state()
        with reporting_failed_writes(self.folder.path):
            state = {
                "step": self.step,
                "losses": self.losses,
                "stopping": self.stopping.state_dict(),
                "finished": self.finished,
                "loader": self.loader.state_dict(),
                "learner": learner,
                "metrics_bytes": self.recorder.sync(),
            }
            self.checkpoints.save(self.step, tensors, state)

    def _load_checkpoint(self) -> int:
        """Load the newest checkpoint, if there is one; return its size of metrics.jsonl."""
        found = self.checkpoints.latest()
        if found is None:
            return 0
        tensors, state = found
        self.learner.load_state(tensors, state["learner"])
        self.stopping.load_state_dict(state["stopping"])
        self.loader.load_state_dict(state["loader"])
        self.step, self.finished = state["step"], state["finished"]
        self.losses = tuple(state["losses"])
        return int(state["metrics_bytes"])

    def _fail(self, number: int, found: Pass) -> None:
        """End the run on all processes, with the step in a file."""
        batch = self.split.training.__getitems__(self.batches.whole(self.loader.epoch, number))
        next_step = self._write_fault(batch, found) if self.world.first else ""
        # Nobody ends before the file is there: torchrun would then end the others.
        self.world.wait()
        if not self.world.first:
            raise SystemExit(2)
        ids = ", ".join(batch.var_id[:3])
        more = f" and {len(batch.var_id) - 3} more" if len(batch.var_id) > 3 else ""
        raise InputError(
            f"step {self.step + 1} of epoch {self.epoch}: the loss is {found.loss:g}, the norm of "
            f"the gradients {found.gradient_norm:g}, on the batch of {ids}{more}; {next_step}"
        )

    def _write_fault(self, batch: Batch, found: Pass) -> str:
        """Write a step to a file; return how to replay it, or why it cannot be replayed."""
        path = self.folder.fault(self.step + 1)
        settings, model = self.learner.settings, self.learner.model
        about: dict[str, Any] = {
            "step": self.step + 1,
            "epoch": self.epoch,
            "loss": str(found.loss),
            "gradient_norm": str(found.gradient_norm),
            "precision": settings.precision,
            "settings": settings.to_dict(),
            "training": self.config.to_dict(),
        }
        size, device = len(batch.var_id), self.world.device
        masks = gru_masks(model.config, settings.seed, self.step, size, device=device)
        try:
            write_fault(path, model, batch, masks, about)
        except OSError as error:
            return f"{path}: it could not be written for a replay: {error.strerror or error}"
        return f"replay it with: gmvp replay {path}"
