"""The processes that train together: this one alone, or those that torchrun started."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, distributed

from converters.errors import InputError
from pt_gmvp.data.order import Rank
from pt_gmvp.runs.devices import chosen_device

_GONE = re.compile(
    "connection (closed|reset|refused|was)|broken pipe|timed out|timeout|aborted|socket|nccl",
    re.IGNORECASE,
)

_RESUME = "the last checkpoint is whole: go on from it with --resume"

T = TypeVar("T")


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

    def decided(self, make: Callable[[], T]) -> T:
        """Give every process what the first one makes; what it refuses ends the others quietly."""
        if self.size == 1:
            return make()
        sent: list[T | None] = [None]
        if not self.first:
            distributed.broadcast_object_list(sent, device=self.device)
            if sent[0] is None:
                raise SystemExit(2)
            return sent[0]
        try:
            sent[0] = made = make()
            return made
        finally:
            distributed.broadcast_object_list(sent, device=self.device)

    def gathered(self, given: T) -> list[T]:
        """What every process gives, in the order of their ranks; nothing beside the first one."""
        if self.size == 1:
            return [given]
        found: list[Any] | None = [None] * self.size if self.first else None
        distributed.gather_object(given, found)
        return found or []


@contextmanager
def together(device: str, timeout: float, next_step: str = _RESUME) -> Iterator[World]:
    """Join the processes that torchrun started, if it did; leave them at the end.

    Args:
        device: by its name, as `chosen_device` has it.
        timeout: seconds after which a process that does not answer counts as gone.
        next_step: what to do where one has gone, for the message.

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
            f"gone or does not answer, so this one ends too; {next_step}"
        ) from None
