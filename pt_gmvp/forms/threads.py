"""Work shared out among threads, each of which computes alone."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

import torch

Item = TypeVar("Item")
Found = TypeVar("Found")


def spread(run: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
    """Run on each item, by as many threads as torch has; by this one where that is one.

    Each thread runs an item whole, torch's own threads aside. What they find is in the items'
    order, and the first error is raised. Gradients are recorded as they are by default, whatever
    the caller's mode: that is a thread's own.
    """
    threads = torch.get_num_threads()
    if threads < 2 or len(items) < 2:
        return [run(item) for item in items]
    with alone():
        return list(_pool(threads, os.getpid()).map(run, items))


@lru_cache(maxsize=1)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads that wait for work. A process that was forked off has none of its parent's."""
    return ThreadPoolExecutor(threads, "gmvp", torch.set_num_threads, (1,))


@contextmanager
def alone() -> Iterator[None]:
    """Let torch compute by one thread. The setting is partly the process's, partly a thread's."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
