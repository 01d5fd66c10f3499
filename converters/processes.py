"""Worker processes: they end with the process that started them, and ignore Ctrl-C."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process


def end_with_parent() -> None:
    """Make this worker exit when the process that started it ends, even if that was killed."""
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def interrupts_left_to_this_process() -> Iterator[None]:
    """Make processes started within the block ignore Ctrl-C, so that only this one handles it.

    A terminal sends Ctrl-C to all of them; they inherit the handling from the time they start.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signal handlers
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
