"""Limit on the memory that a run with changed code may take."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PART = 0.5
"""The part of the machine's free memory that a run may take beyond what this process has."""
_KIB = 1024


@contextmanager
def limited_memory() -> Iterator[None]:
    """Let allocations in the block fail that would take most of the machine's free memory.

    An axis too many in one operand makes a product of all places with all places: without a limit,
    Linux ends the whole process. Elsewhere nothing is limited.
    """
    own, free = (_own_bytes(), _free_bytes()) if sys.platform.startswith("linux") else (0, 0)
    if not (own and free):
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = own + int(_PART * free)
    bounds = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(most, *bounds) if bounds else most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _own_bytes() -> int:
    """Return the address space of this process; 0 if the system does not say."""
    return _read("/proc/self/status", "VmSize")


def _free_bytes() -> int:
    return _read("/proc/meminfo", "MemAvailable")


def _read(file: str, name: str) -> int:
    """Return a size that a file of Linux names; 0 if it does not."""
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * _KIB for line in lines if line.startswith(f"{name}:")), 0)
