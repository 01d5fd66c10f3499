"""Early stopping: end a run when the validation has not improved for some epochs."""

import math
from collections.abc import Mapping
from typing import Any


class EarlyStopping:
    """Monitor of the validation loss, which should fall, or of the AUROC, which should rise.

    Args:
        monitor: "loss" or "auroc".
        patience: epochs without an improvement after which to stop.

    `best_epoch` is the best epoch so far, None before the first.
    """

    def __init__(self, monitor: str, patience: int) -> None:
        self.monitor, self.patience = monitor, patience
        self.best = -math.inf
        self.best_epoch: int | None = None
        self.waited = 0

    def __call__(self, epoch: Mapping[str, float]) -> bool:
        """Record an epoch ("epoch", "loss", "auroc"); return whether to stop.

        Neither NaN nor an equal value counts as an improvement.
        """
        gain = epoch["auroc"] if self.monitor == "auroc" else -epoch["loss"]
        if gain > self.best:
            self.best, self.best_epoch, self.waited = gain, int(epoch["epoch"]), 0
        else:
            self.waited += 1
        return self.waited >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """Return the state, ready for JSON."""
        best = self.best if math.isfinite(self.best) else None
        return {"best": best, "best_epoch": self.best_epoch, "waited": self.waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        self.best = -math.inf if state["best"] is None else state["best"]
        self.best_epoch, self.waited = state["best_epoch"], state["waited"]
