"""Checkpoints: everything that a run needs to continue to the same bits, one file each.

A file is safetensors, with all that is not a tensor as JSON in its header, so that both appear
together or not at all. The previous one is removed once the next is complete.
"""

import json
import re
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from converters.atomic import file_beside, sweep
from converters.errors import InputError

_KEY = "gmvp-training"
_NAME = re.compile(r"step-(\d+)\.safetensors")


class Every(NamedTuple):
    """Interval of checkpoints in steps or in seconds."""

    steps: int | None = None
    seconds: float | None = None


def parse_every(text: str) -> Every:
    """Parse "500" (steps), "90s", "10m" or "2h".

    Raises:
        InputError: it is none of these.
    """
    found = re.fullmatch(r"(\d+)([smh]?)", text.strip())
    if not found or not int(found[1]):
        raise InputError(
            f"--checkpoint-every {text}: expected a number of steps such as 500, or a time such as "
            "90s, 10m or 2h"
        )
    number, unit = int(found[1]), found[2]
    if not unit:
        return Every(steps=number)
    return Every(seconds=float(number * {"s": 1, "m": 60, "h": 3600}[unit]))


class Checkpoints:
    """Checkpoints of a run, in a folder of their own."""

    def __init__(self, folder: Path, every: Every) -> None:
        self.folder, self.every = folder, every
        self._since = monotonic()

    def due(self, step: int) -> bool:
        """Return whether to write one after this step."""
        if self.every.steps is not None and step % self.every.steps == 0:
            return True
        return self.every.seconds is not None and monotonic() - self._since >= self.every.seconds

    def save(self, step: int, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Write the checkpoint of a step, then remove the older ones.

        Raises:
            OSError: it cannot be written, as on a full disk; the previous one is still there.
        """
        self.folder.mkdir(exist_ok=True)
        whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        path = self.folder / f"step-{step:08}.safetensors"
        with file_beside(path) as partial:
            partial.write_bytes(save(whole, metadata={_KEY: json.dumps(state)}))
        for older in self._paths():
            if older != path:
                older.unlink()
        self._since = monotonic()

    def latest(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Read the newest checkpoint; None if there is none.

        Raises:
            InputError: it is damaged.
        """
        if self.folder.is_dir():
            sweep(self.folder)
        paths = self._paths()
        if not paths:
            return None
        path = paths[-1]
        try:
            with safe_open(path, framework="pt") as file:
                state = json.loads((file.metadata() or {})[_KEY])
                return {name: file.get_tensor(name) for name in file.keys()}, state  # noqa: SIM118
        except (SafetensorError, OSError, KeyError, ValueError, RecursionError) as error:
            raise InputError(
                f"{path}: not a valid checkpoint ({error}); it is damaged or was written by "
                "another program: start over in another folder"
            ) from None

    def _paths(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        found = (path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))
        return sorted(found, key=lambda path: int(path.stem.partition("-")[2]))
