"""Processes of a run: this one alone, or those that torchrun started."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, distributed

from converters.errors import InputError
from pt_gmvp.data.order import Rank
from pt_gmvp.runs.devices import choose_device

_LOST = re.compile(
    "connection (closed|reset|refused|was)|broken pipe|timed out|timeout|aborted|socket|nccl",
    re.IGNORECASE,
)
_RESUME = "the last checkpoint is valid: continue from it with --resume"

T = TypeVar("T")


class World(NamedTuple):
    """Rank of this process, number of processes, and the device that this one computes on."""

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Return whether this is the process that writes and reports."""
        return self.rank == 0

    @property
    def part(self) -> Rank:
        """Return this process' share of the data."""
        return Rank(self.rank, self.size)

    def sum(self, numbers: Tensor) -> Tensor:
        """Return on every process the sum of a tensor over all; `numbers` is unchanged."""
        if self.size == 1:
            return numbers
        total = numbers.clone()
        distributed.all_reduce(total)
        return total

    def wait(self) -> None:
        """Wait until all processes get here."""
        self.sum(torch.zeros(1, device=self.device))

    def from_first(self, make: Callable[[], T]) -> T:
        """Return on every process what the first one makes.

        If the first one raises, the others end silently.
        """
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

    def gather(self, given: T) -> list[T]:
        """Return all processes' values by rank on the first process, and nothing on the others."""
        if self.size == 1:
            return [given]
        found: list[T] | None = [given] * self.size if self.first else None
        distributed.gather_object(given, found)
        return found or []


@contextmanager
def process_group(device: str, timeout: float, next_step: str = _RESUME) -> Iterator[World]:
    """Join the processes that torchrun started, if it did; leave them at the end.

    Args:
        device: a name that `choose_device` accepts.
        timeout: seconds after which a process that does not answer counts as lost.
        next_step: what to do if one is lost, for the message.

    Raises:
        InputError: there is no such device, or another process ended or does not answer.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = choose_device(device)
    if size == 1:
        yield World(0, 1, chosen)
        return
    backend = "nccl" if chosen.type == "cuda" else "gloo"
    try:
        distributed.init_process_group(backend, timeout=timedelta(seconds=timeout))
        yield World(distributed.get_rank(), size, chosen)
        # The first process hosts the store at which the others meet, so it must leave last.
        distributed.barrier()
        distributed.destroy_process_group()
    except RuntimeError as error:
        if not _LOST.search(str(error)):
            raise
        raise InputError(
            f"process {os.environ.get('RANK', '?')} of {size}: another process of this run ended "
            f"or does not respond, so this one ends too; {next_step}"
        ) from None
