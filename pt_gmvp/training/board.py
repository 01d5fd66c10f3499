"""Logs for TensorBoard, written by tensorboardX: torch's own writer would load TensorFlow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Board:
    """The numbers of steps and epochs, as TensorBoard shows them."""

    def __init__(self, folder: Path, step: int) -> None:
        """Open a log to go on after a step; what an earlier one has beyond it is hidden."""
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=step + 1)

    def write(self, line: Mapping[str, Any]) -> None:
        """Write the numbers of a line of metrics.jsonl."""
        about = ("kind", "epoch", "step")
        for name, value in line.items():
            if name not in about:
                self._writer.add_scalar(f"{line['kind']}/{name}", value, line["step"])

    def settle(self) -> None:
        """Bring what was written to the disk."""
        self._writer.flush()

    def close(self) -> None:
        """Close the log."""
        self._writer.close()
