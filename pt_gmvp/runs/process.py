"""Settings of a process that computes a lot, made before it imports torch."""

import atexit
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST = 32 << 20  # bytes; the highest threshold that malloc accepts
_SPINS = "10000"  # about 0.1 ms


def prepare() -> None:
    """Set up this process for its lifetime; settings in the environment take precedence.

    - Keep freed memory. A step frees hundreds of megabytes that the next one needs again; were
      they returned to the system, the page faults would cost more than the computation on them.
    - Let a waiting OpenMP thread sleep soon. It would spin for milliseconds and keep a core from
      the threads that `threads.spread` runs in turn with OpenMP's.
    - Skip the garbage collector's last walk through all of torch at exit.
    """
    atexit.register(gc.freeze)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    if sys.platform.startswith("linux"):
        # C libraries other than glibc may not have it.
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_MMAP_THRESHOLD, _LARGEST)
            mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
            mallopt(_TOP_PAD, 2 * _LARGEST)


@contextmanager
def importing() -> Iterator[None]:
    """Disable the garbage collector while importing large packages.

    What they create stays, so the collector's repeated walks find nothing; with the last walk at
    exit they take a quarter of the time that importing torch does.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
