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
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _own_bytes() + int(_PART * _free_bytes())
    bounds = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(most, *bounds) if bounds else most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _own_bytes() -> int:
    """Return the address space of this process."""
    return _read("/proc/self/status", "VmSize")


def _free_bytes() -> int:
    return _read("/proc/meminfo", "MemAvailable")


def _read(file: str, name: str) -> int:
    lines = Path(file).read_text().splitlines()
    return next(int(line.split()[1]) * _KIB for line in lines if line.startswith(f"{name}:"))
