"""Limit on the time of one case."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from parity.errors import ParityError


class TimeUp(BaseException):
    """Raised in the block when its time is up; no `except Exception` of user code stops it."""


def can_be_limited() -> bool:
    """Return whether this thread can be interrupted: a POSIX system's main one can."""
    main = threading.current_thread() is threading.main_thread()
    return hasattr(signal, "setitimer") and main


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Interrupt the block after this many seconds; None sets no limit.

    A single call into a framework is not interrupted: the block ends once that has returned.

    Raises ParityError if the time was up, or if a limit cannot be set here: only the main thread of
    a process on a POSIX system can be interrupted.
    """
    if seconds is None:
        yield
        return
    if not can_be_limited():
        raise ParityError("a time limit needs a POSIX system and the main thread; leave it out")
    expired = False

    def expire(number: int, frame: FrameType | None) -> None:
        nonlocal expired
        expired = True
        raise TimeUp

    before = signal.signal(signal.SIGALRM, expire)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        raise
    except BaseException:
        # A framework may have turned the interruption into an exception of its own.
        if not expired:
            raise
    finally:
        signal.signal(signal.SIGALRM, before)
    if expired:
        raise ParityError(
            f"stopped after {seconds:g} s (--timeout); allow more time, or use fewer records "
            "(--records) or a smaller configuration (--config)"
        )
