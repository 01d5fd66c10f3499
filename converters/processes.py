"""Processes that share work: ended with the one that started them, deaf to Ctrl-C themselves."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process


def end_with_parent() -> None:
    """Let a process at work end with the one that started it, which may have been killed."""
    parent = parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def interrupts_left_to_this_process() -> Iterator[None]:
    """Start processes that pass over Ctrl-C, which reaches all of a terminal: one answers it.

    They inherit what this process does about it at their start, before any code of theirs runs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
