"""SIGTERM and Ctrl-C as requests to stop, which a run obeys after the current step."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(Exception):
    """Raised once a run has stopped on request; `code` is the program's exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class StopRequest:
    """Signal by which this process was asked to stop, None if it was not."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def code(self) -> int:
        """Return 128 plus the signal's number; SIGTERM's if only another process was asked."""
        return 128 + (self.signal or signal.SIGTERM)


@contextmanager
def catching_signals() -> Iterator[StopRequest]:
    """Record the first SIGTERM or SIGINT; a second one has its usual effect."""
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        request.signal = number
        # Not by print, which may be what was interrupted.
        os.write(2, b"stopping after this step; signal again to stop at once\n")
        restore()

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    try:
        yield request
    finally:
        restore()
