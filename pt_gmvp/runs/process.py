"""What a process that computes much is set up with, before it loads torch."""

import atexit
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST = 32 << 20  # bytes; malloc takes no higher threshold
_SPINS = "10000"  # about 0.1 ms


def prepare() -> None:
    """Set up this process, for as long as it lives; nothing that the environment says otherwise.

    - Memory that is freed is kept. A step frees hundreds of megabytes that the next one asks for
      again: given back to the system, each page returns at the price of a fault, which is more
      than what is computed in it.
    - A thread of OpenMP that waits for work soon sleeps. It would spin for some milliseconds, and
      take a core from the threads that `threads.spread` runs in turn with OpenMP's.
    - The collector of garbage does not walk through all of torch once more at the end.
    """
    atexit.register(gc.freeze)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    if sys.platform.startswith("linux"):
        # Where the C library is not GNU's there may be none.
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_MMAP_THRESHOLD, _LARGEST)
            mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
            mallopt(_TOP_PAD, 2 * _LARGEST)


@contextmanager
def loading() -> Iterator[None]:
    """Import large packages in this context.

    What they make is there to stay, so that looking for garbage in it, again and again while it
    grows, finds nothing: with the walk at the end it takes a quarter of the time of loading torch.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
