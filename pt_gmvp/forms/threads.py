"""Work spread over threads that compute independently."""

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
    """Run on each item with as many threads as torch uses; in this thread if that is one.

    A thread runs a whole item without torch's own threads. Results are in the items' order, and the
    first error is raised. Gradients are recorded by default, whatever the caller's mode, which is
    local to its thread.
    """
    threads = torch.get_num_threads()
    if threads < 2 or len(items) < 2:
        return [run(item) for item in items]
    with alone():
        return list(_pool(threads, os.getpid()).map(run, items))


@lru_cache(maxsize=1)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Return waiting threads; a forked process does not have its parent's."""
    return ThreadPoolExecutor(threads, "gmvp", torch.set_num_threads, (1,))


@contextmanager
def alone() -> Iterator[None]:
    """Make torch compute with one thread; the setting is partly per process, partly per thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
