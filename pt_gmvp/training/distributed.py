"""The processes that train together: this one alone, or those that torchrun started."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import torch
from torch import Tensor, distributed

from converters.errors import InputError
from pt_gmvp.data.order import Rank
from pt_gmvp.devices import chosen_device

_GONE = re.compile(
    "connection (closed|reset|refused|was)|broken pipe|timed out|timeout|aborted|socket|nccl",
    re.IGNORECASE,
)


class PeerError(InputError):
    """Another process of the run has gone, or does not answer."""


class World(NamedTuple):
    """Which process this is, of how many, and the device that it computes on."""

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and reports."""
        return self.rank == 0

    @property
    def part(self) -> Rank:
        """This process' part of whatever is shared out."""
        return Rank(self.rank, self.size)

    def sum(self, numbers: Tensor) -> Tensor:
        """Add up a tensor of every process; all get the same, `numbers` itself is left alone."""
        if self.size == 1:
            return numbers
        total = numbers.clone()
        distributed.all_reduce(total)
        return total

    def wait(self) -> None:
        """Wait until all processes are here."""
        self.sum(torch.zeros(1, device=self.device))


@contextmanager
def together(device: str, timeout: float) -> Iterator[World]:
    """Join the processes that torchrun started, if it did; leave them at the end.

    Args:
        device: by its name, as `chosen_device` has it.
        timeout: seconds after which a process that does not answer counts as gone.

    Raises:
        PeerError: another process has gone, or does not answer.
        DeviceError: there is no such device.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = chosen_device(device)
    if size == 1:
        yield World(0, 1, chosen)
        return
    backend = "nccl" if chosen.type == "cuda" else "gloo"
    try:
        distributed.init_process_group(backend, timeout=timedelta(seconds=timeout))
        yield World(distributed.get_rank(), size, chosen)
        # The first process holds what the others meet through: nobody leaves before all are done.
        distributed.barrier()
        distributed.destroy_process_group()
    except RuntimeError as error:
        if not _GONE.search(str(error)):
            raise
        raise PeerError(
            f"process {os.environ.get('RANK', '?')} of {size}: another process of this run has "
            "gone or does not answer, so this one ends too; the last checkpoint is whole: go on "
            "from it with --resume"
        ) from None
