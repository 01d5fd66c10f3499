"""Work shared out among threads, each of which computes alone, and memory for them."""

import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
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
    threads = torch.get_num_threads()
    if threads < 2 or len(items) < 2:
        return [run(item) for item in items]
    with _alone():
        return list(_pool(threads, os.getpid()).map(run, items))


@lru_cache(maxsize=1)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads that wait for work. A process that was forked off has none of its parent's."""
    return ThreadPoolExecutor(threads, "gmvp", torch.set_num_threads, (1,))


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
