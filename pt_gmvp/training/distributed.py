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

_GONE = re.compile(
    "connection (closed|reset|refused|was)|broken pipe|timed out|timeout|aborted|socket|nccl",
    re.IGNORECASE,
)


class PeerError(InputError):
    """Another process of the run has gone, or does not answer."""


class DeviceError(InputError):
    """A device that is not there, or cannot do what is asked."""


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
        device: "auto" (a GPU where there is one), "cpu", "cuda" (each local process its own), or
            "cuda:1" and the like.
        timeout: seconds after which a process that does not answer counts as gone.

    Raises:
        PeerError: another process has gone, or does not answer.
        DeviceError: there is no such device.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = _device(device, size)
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


def _device(name: str, size: int) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(f"--device {name}: no device; expected auto, cpu or cuda") from None
    if device.type == "cpu":
        return device
    if device.type != "cuda" or not torch.cuda.is_available():
        raise DeviceError(f"--device {name}: not on this machine; give --device cpu")
    local = int(os.environ.get("LOCAL_RANK", "0")) if size > 1 else device.index or 0
    if local >= torch.cuda.device_count():
        raise DeviceError(
            f"--device {name}: there is no GPU {local}, but {torch.cuda.device_count()} in all; "
            "start as many processes as there are GPUs"
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)
