"""Work shared out among threads, each of which computes alone, and memory for them."""

import ctypes
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

Item = TypeVar("Item")
Found = TypeVar("Found")

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST = 32 << 20  # bytes; what malloc takes for its threshold at most


def spread(run: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
    """Run on each item, by as many threads as torch has; by this one where that is one.

    Each thread runs an item whole, torch's own threads aside. What they find is in the items'
    order, and the first error is raised. Gradients are recorded as they are by default, whatever
    the caller's mode: that is a thread's own.
    """
    threads = min(torch.get_num_threads(), len(items))
    if threads < 2:
        return [run(item) for item in items]
    alone = {"initializer": torch.set_num_threads, "initargs": (1,)}
    with _alone(), ThreadPoolExecutor(threads, **alone) as pool:  # type: ignore[arg-type]
        return list(pool.map(run, items))


@contextmanager
def _alone() -> Iterator[None]:
    """Let torch compute by one thread. The setting is partly the process's, partly a thread's."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def keep_freed_memory() -> None:
    """Ask malloc to keep what is freed, for the rest of the process; nothing where it is not glibc.

    A step frees hundreds of megabytes that the next one asks for again. Given back to the system,
    each page comes back at the cost of a fault, of more than what is computed in it.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST)
    mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(_TOP_PAD, 2 * _LARGEST)
