"""A run: epochs of steps and their validation, from the start or from a checkpoint to the end."""

import math
from typing import Any

from pt_gmvp.config import TrainingConfig
from pt_gmvp.data import Batch, Loader
from pt_gmvp.runs.early_stopping import EarlyStopping
from pt_gmvp.runs.folder import RunFolder, writing
from pt_gmvp.runs.progress import Silent, Speed
from pt_gmvp.runs.stopping import Stopped, Wish
from pt_gmvp.training.checkpoint import Checkpoints
from pt_gmvp.training.dropout import gru_masks
from pt_gmvp.training.faults import DivergedError, reading, write_fault
from pt_gmvp.training.learner import Learner, Taken
from pt_gmvp.training.recorder import Recorder
from pt_gmvp.training.sharing import SharedBatches
from pt_gmvp.training.split import Split
from pt_gmvp.training.validation import judge, probabilities, score


class Trainer:
    """Trains until early stopping or the most epochs, and can go on where another was killed.

    Args:
        learner: what is trained.
        split: the data.
        config: how.
        folder: where the first process writes.
        checkpoints: those of the run; the newest is gone on from.
        wish: whether this process was asked to stop.
        report: tells people.
        workers: processes that read batches in advance.

    Raises:
        CheckpointError: the newest checkpoint is damaged.
        StateError: it is of other data.
        RunError: metrics.jsonl was cut since.
    """

    def __init__(
        self,
        learner: Learner,
        split: Split,
        config: TrainingConfig,
        folder: RunFolder,
        checkpoints: Checkpoints,
        wish: Wish,
        report: Silent,
        workers: int = 0,
    ) -> None:
        self.learner, self.split, self.config = learner, split, config
        self.folder, self.checkpoints = folder, checkpoints
        self.wish, self.report = wish, report
        self.world = learner.world
        self.step = 0
        self.losses = (0.0, 0)  # the sum of this epoch's, and how many
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
        metrics_bytes = self._go_on()
        self.recorder = Recorder(folder, self.step, metrics_bytes) if self.world.first else None

    def run(self) -> None:
        """Train to the end.

        Raises:
            Stopped: the run was asked to stop; a checkpoint of the last step is written.
            DivergedError: a loss or gradient is not finite; on the first process.
            LabelError: a variant has no label.
            InputError: a record is damaged.
            RunError: something cannot be written, as on a full disk.
            OSError: something cannot be read.
        """
        try:
            self.learner.settle(self.split.training.__getitems__([0]).to(self.world.device))
            while not self.finished:
                self._epoch()
        finally:
            if self.recorder is not None:
                self.recorder.close()

    @property
    def epoch(self) -> int:
        """The epoch under way, counted from 1."""
        return self.loader.epoch + 1

    def _epoch(self) -> None:
        epoch, speed = self.epoch, Speed()
        self.report.begin(epoch, self.loader.state_dict()["batches"], len(self.batches))
        for batch in reading(self.loader):
            self._step(batch, speed)
        self._end(epoch, speed)

    def _step(self, batch: Batch, speed: Speed) -> None:
        number = self.loader.cursor.batches - 1
        rows, size = self.batches.rows(number), self.batches.size(number)
        asked = self.wish.signal is not None
        taken = self.learner.take(batch, rows, size, self.step, asked)
        if not (math.isfinite(taken.loss) and math.isfinite(taken.gradient_norm)):
            self._diverged(number, taken)
        rate = self.learner.rate
        self.learner.apply()
        self.step += 1
        self.losses = (self.losses[0] + taken.loss, self.losses[1] + 1)
        speed.add(size)
        self.report.step(taken.loss, rate, size)
        if self.recorder is not None:
            with writing(self.folder.path):
                self.recorder.write(
                    {
                        "kind": "step",
                        "step": self.step,
                        "epoch": self.epoch,
                        "loss": taken.loss,
                        "learning_rate": rate,
                        "gradient_norm": taken.gradient_norm,
                    }
                )
            if taken.asked or self.checkpoints.due(self.step):
                self._checkpoint()
        if taken.asked:
            raise Stopped(
                f"stopped as asked, after step {self.step}, and all of it is in "
                f"{self.folder.checkpoints}; go on with --resume",
                self.wish.code,
            )

    def _end(self, epoch: int, speed: Speed) -> None:
        """Validate, keep what the epoch came to, and decide whether it was the last."""
        timing = speed.account()
        logits = score(self.learner, self.split.validation, self.config.batch_size)
        labels = self.split.validation.labels
        total, count = self.losses
        line: dict[str, Any] = {
            "kind": "epoch",
            "epoch": epoch,
            "step": self.step,
            "training_loss": total / count,
        }
        line |= judge(logits, labels)
        self.finished = self.stopping(line) or epoch >= self.config.max_epochs
        self.losses = (0.0, 0)
        self.report.end(line)
        if self.recorder is not None:
            names = self.split.validation.var_ids
            timing |= {"epoch": epoch, "validation_seconds": speed.seconds - timing["seconds"]}
            with writing(self.folder.path):
                self.recorder.epoch(
                    line, timing, self.learner.model, names, labels, probabilities(logits)
                )
                self.recorder.draw(self.stopping.best_epoch, self.finished)
            self._checkpoint()

    def _checkpoint(self) -> None:
        assert self.recorder is not None, "only the first process writes"
        tensors, learner = self.learner.state()
        with writing(self.folder.path):
            state = {
                "step": self.step,
                "losses": self.losses,
                "stopping": self.stopping.state_dict(),
                "finished": self.finished,
                "loader": self.loader.state_dict(),
                "learner": learner,
                "metrics_bytes": self.recorder.settle(),
            }
            self.checkpoints.save(self.step, tensors, state)

    def _go_on(self) -> int:
        """Take on the newest checkpoint, if there is one; return its size of metrics.jsonl."""
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

    def _diverged(self, number: int, taken: Taken) -> None:
        """End the run on all processes, the step kept in a file."""
        batch = self.split.training.__getitems__(self.batches.whole(self.loader.epoch, number))
        kept = self._kept(batch, taken) if self.world.first else ""
        # Nobody ends before the file is there: the starter of processes would end the others.
        self.world.wait()
        if not self.world.first:
            raise SystemExit(2)
        ids = ", ".join(batch.var_id[:3])
        more = f" and {len(batch.var_id) - 3} more" if len(batch.var_id) > 3 else ""
        raise DivergedError(
            f"step {self.step + 1} of epoch {self.epoch}: the loss is {taken.loss:g}, the norm of "
            f"the gradients {taken.gradient_norm:g}, on the batch of {ids}{more}; {kept}"
        )

    def _kept(self, batch: Batch, taken: Taken) -> str:
        """Keep a step in a file; return how to replay it, or why that cannot be."""
        path = self.folder.fault(self.step + 1)
        settings, model = self.learner.settings, self.learner.model
        about: dict[str, Any] = {
            "step": self.step + 1,
            "epoch": self.epoch,
            "loss": str(taken.loss),
            "gradient_norm": str(taken.gradient_norm),
            "precision": settings.precision,
            "settings": settings.to_dict(),
            "training": self.config.to_dict(),
        }
        size, device = len(batch.var_id), self.world.device
        masks = gru_masks(model.config, settings.seed, self.step, size, device=device)
        try:
            write_fault(path, model, batch, masks, about)
        except OSError as error:
            return f"{path}: it could not be kept for a replay: {error.strerror or error}"
        return f"replay it with: gmvp replay {path}"
