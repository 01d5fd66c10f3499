"""SIGTERM and Ctrl-C: a wish to stop, which a run grants once its step is done."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(Exception):
    """The run was asked to stop, and has; `code` is what the program ends with."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Wish:
    """Whether, and by which signal, this process was asked to stop."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def code(self) -> int:
        """The exit code: 128 and the signal's number; SIGTERM's if another process was asked."""
        return 128 + (self.signal or signal.SIGTERM)


@contextmanager
def on_request() -> Iterator[Wish]:
    """Take note of the first SIGTERM or SIGINT; the second does what it always does."""
    wish = Wish()

    def note(number: int, frame: FrameType | None) -> None:
        wish.signal = number
        # Not by print, which may be what was interrupted.
        os.write(2, b"asked to stop: after this step; once more to stop at once\n")
        restore()

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    try:
        yield wish
    finally:
        restore()
