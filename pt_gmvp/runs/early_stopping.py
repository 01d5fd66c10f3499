"""When to stop: what is watched has not become better for some epochs."""

import math
from collections.abc import Mapping
from typing import Any


class EarlyStopping:
    """Watches the validation loss, which is to fall, or the AUROC, which is to rise.

    Args:
        monitor: "loss" or "auroc".
        patience: after how many epochs without an improvement to stop.

    `best_epoch` is the epoch with the best value yet, None before there is one.
    """

    def __init__(self, monitor: str, patience: int) -> None:
        self.monitor, self.patience = monitor, patience
        self.best = -math.inf
        self.best_epoch: int | None = None
        self.waited = 0

    def __call__(self, epoch: Mapping[str, float]) -> bool:
        """Take note of an epoch ("epoch", "loss", "auroc"); return whether to stop.

        NaN never counts as an improvement, nor does an equal value.
        """
        gain = epoch["auroc"] if self.monitor == "auroc" else -epoch["loss"]
        if gain > self.best:
            self.best, self.best_epoch, self.waited = gain, int(epoch["epoch"]), 0
        else:
            self.waited += 1
        return self.stopped

    @property
    def stopped(self) -> bool:
        """Whether the patience is at its end."""
        return self.waited >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """The state, as JSON has it."""
        best = self.best if math.isfinite(self.best) else None
        return {"best": best, "best_epoch": self.best_epoch, "waited": self.waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.best = -math.inf if state["best"] is None else state["best"]
        self.best_epoch, self.waited = state["best_epoch"], state["waited"]
