"""A model with its optimiser and schedule: steps over shared batches, and their whole state."""

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
from pt_gmvp.runs.distributed import World
from pt_gmvp.training.building import Forward
from pt_gmvp.training.dropout import gru_masks
from pt_gmvp.training.faults import naming
from pt_gmvp.training.settings import Settings
from pt_gmvp.training.sharing import Piece, pieces
from pt_gmvp.training.step import backward


class Taken(NamedTuple):
    """What a pass over a batch came to, on all processes alike.

    `loss` is the mean over the whole batch, `gradient_norm` that of all gradients, `asked` how many
    processes were asked to stop.
    """

    loss: float
    gradient_norm: float
    asked: int


class Learner:
    """Trains a model, all weights of it, by the rules of the release."""

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
        """The learning rate of the next step."""
        return float(self.optimizer.param_groups[0]["lr"])

    def settle(self, batch: Batch) -> None:
        """Pass a batch through that changes nothing.

        After its first pass DistributedDataParallel lays its buffers out anew, and with that the
        order of sums over more than two processes. A run that goes on must not do that later than
        the one that was never stopped.
        """
        if self.world.size > 1:
            self._backward([Piece(batch, [0], 0.0)], 0, 1)

    def take(
        self, batch: Batch, rows: Sequence[int], size: int, step: int, asked: bool = False
    ) -> Taken:
        """Compute loss and gradients of a whole batch, of which this process has some rows.

        Args:
            batch: this process' part.
            rows: its rows in the whole batch; none if it is a stand-in.
            size: how many rows the whole batch has.
            step: the step's number, from 0, which its dropout hangs on.
            asked: whether this process was asked to stop.
        """
        parts = pieces(batch.to(self.world.device), rows, size, self.settings.accumulate)
        value = self._backward(parts, step, size)
        numbers = torch.stack([value, value.new_tensor(float(asked))])
        loss, stop = self.world.sum(numbers).tolist()
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        return Taken(loss, get_total_norm(gradients).item(), round(stop))

    def _backward(self, parts: Sequence[Piece], step: int, size: int) -> Tensor:
        """Add up the pieces' gradients; return this process' share of the loss, float64."""
        self.optimizer.zero_grad()
        self.model.train()
        total = torch.zeros((), dtype=torch.float64, device=self.world.device)
        for number, piece in enumerate(parts, 1):
            masks = gru_masks(
                self.model.config, self.settings.seed, step, size, piece.rows, self.world.device
            )
            # The last piece brings the gradients of all to the other processes.
            apart = self.forward.apart() if number < len(parts) else nullcontext()
            with naming(piece.batch), apart:
                # The processes' gradients are averaged: each is taken as many times.
                value = backward(self.forward, piece.batch, masks, piece.share * self.world.size)
            total += value.double() * piece.share
        return total

    def predict(self, batch: Batch) -> Tensor:
        """Logits of a batch on the learner's device, by the model in the run's precision alone."""
        with naming(batch):
            return self.forward.alone(*batch.inputs)

    def apply(self) -> None:
        """Let the optimiser make its step, and the schedule set the next rate."""
        self.optimizer.step()
        self.scheduler.step()

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Weights and moments by name, and the rest as JSON has it; nothing is copied."""
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
        """Go on from a state; tensors are copied, to where new ones would lie."""
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
