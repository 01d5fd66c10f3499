"""Model with its optimiser and schedule: steps over shared batches, and their complete state."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from pt_gmvp.config import TrainingConfig
from pt_gmvp.data import Batch
from pt_gmvp.model import GMVP
from pt_gmvp.optim import AddonsAdamW, KerasAdam, WarmupLinearDecay
from pt_gmvp.runs.batches import naming_variants
from pt_gmvp.runs.distributed import World
from pt_gmvp.training.building import Forward, Settings
from pt_gmvp.training.dropout import gru_masks
from pt_gmvp.training.sharing import Piece, pieces
from pt_gmvp.training.step import backward


class Pass(NamedTuple):
    """Result of a pass over a batch, the same on all processes.

    `loss` is the mean over the whole batch, `gradient_norm` the norm of all gradients, `asked` the
    number of processes that were asked to stop.
    """

    loss: float
    gradient_norm: float
    asked: int


class Learner:
    """Trainer of all weights of a model, by the rules of the release."""

    def __init__(
        self, model: GMVP, config: TrainingConfig, settings: Settings, world: World
    ) -> None:
        self.model = model.to(world.device)
        self.settings, self.world = settings, world
        self.optimizer = _optimizer(model, config)
        self.scheduler = WarmupLinearDecay(
            self.optimizer,
            config.learning_rate,
            config.end_learning_rate,
            config.warmup_steps,
            config.decay_steps,
        )
        self.forward = Forward(model, settings, world)

    @property
    def rate(self) -> float:
        """Return the learning rate of the next step."""
        return float(self.optimizer.param_groups[0]["lr"])

    def warm_up(self, batch: Batch) -> None:
        """Run a batch without changing anything.

        After its first pass, DistributedDataParallel rearranges its buffers, and with them the
        order of sums over more than two processes. A resumed run must not do that later than one
        that was never interrupted.
        """
        if self.world.size > 1:
            self._backward([Piece(batch, [0], 0.0)], 0, 1)

    def differentiate(
        self, batch: Batch, rows: Sequence[int], size: int, step: int, asked: bool = False
    ) -> Pass:
        """Compute loss and gradients of a whole batch, of which this process has some rows.

        Args:
            batch: this process' part.
            rows: its rows in the whole batch; none if it is a stand-in.
            size: rows of the whole batch.
            step: the step's number, from 0, on which its dropout depends.
            asked: whether this process was asked to stop.
        """
        parts = pieces(batch.to(self.world.device), rows, size, self.settings.accumulate)
        value = self._backward(parts, step, size)
        numbers = torch.stack([value, value.new_tensor(float(asked))])
        loss, stop = self.world.sum(numbers).tolist()
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        return Pass(loss, get_total_norm(gradients).item(), round(stop))

    def _backward(self, parts: Sequence[Piece], step: int, size: int) -> Tensor:
        """Accumulate the pieces' gradients; return this process' share of the loss, float64."""
        self.optimizer.zero_grad()
        self.model.train()
        total = torch.zeros((), dtype=torch.float64, device=self.world.device)
        for number, piece in enumerate(parts, 1):
            masks = gru_masks(
                self.model.config, self.settings.seed, step, size, piece.rows, self.world.device
            )
            # The last piece sends the gradients of all pieces to the other processes.
            sending = self.forward.unsynchronized() if number < len(parts) else nullcontext()
            with naming_variants(piece.batch), sending:
                # Gradients are averaged over the processes: their number is multiplied back in.
                value = backward(self.forward, piece.batch, masks, piece.share * self.world.size)
            total += value.double() * piece.share
        return total

    def predict(self, batch: Batch) -> Tensor:
        """Return the logits of a batch on the learner's device, on this process alone."""
        with naming_variants(batch):
            return self.forward.local(*batch.inputs)

    def update(self) -> None:
        """Let the optimiser take its step, and the schedule set the next rate."""
        self.optimizer.step()
        self.scheduler.step()

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return weights and moments by name, not copied, and the rest ready for JSON."""
        tensors = {f"weights/{name}": t for name, t in self.model.state_dict().items()}
        numbers: dict[str, dict[str, Any]] = {}
        for name, parameter in self.model.named_parameters():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer/{key}/{name}"] = value
                else:
                    numbers.setdefault(key, {})[name] = value
        return tensors, {"optimizer": numbers, "scheduler": self.scheduler.state_dict()}

    def load_state(self, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Continue from a state; tensors are copied, with the memory layout of new ones."""
        weights = {
            name.removeprefix("weights/"): tensor
            for name, tensor in tensors.items()
            if name.startswith("weights/")
        }
        self.model.load_state_dict(weights)
        for name, parameter in self.model.named_parameters():
            mine: dict[str, Any] = {
                key: torch.empty_like(parameter).copy_(tensors[f"optimizer/{key}/{name}"])
                for key in ("mean", "mean_square")
                if f"optimizer/{key}/{name}" in tensors
            }
            mine |= {key: by[name] for key, by in state["optimizer"].items() if name in by}
            if mine:
                self.optimizer.state[parameter] = mine
        self.scheduler.load_state_dict(state["scheduler"])
        for group, rate in zip(
            self.optimizer.param_groups, self.scheduler.get_last_lr(), strict=True
        ):
            group["lr"] = rate


def _optimizer(model: GMVP, config: TrainingConfig) -> KerasAdam:
    if config.optimizer == "adamw":
        return AddonsAdamW(
            model.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
    return KerasAdam(model.parameters(), config.learning_rate)
