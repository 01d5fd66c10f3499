"""Parts that the trackers of constants of all frameworks share."""

import linecache
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import Any

from parity.declaring.constants import ConstantChanges

_LIBRARIES = ("tensorflow", "keras", "tf_keras", "torch", "numpy", "parity")
_PYTHONS_OWN = os.path.dirname(os.__file__) + os.sep
_INSTALLED = os.path.join(_PYTHONS_OWN, "site-packages")


class Tracker:
    """Tracker of a run whose constants stay as they are: marks nothing."""

    def building(self) -> AbstractContextManager[None]:
        """Take the block for building: what it does with data, such as fresh weights, is void."""
        return nullcontext()

    def given(self) -> AbstractContextManager[None]:
        """Take what the block makes for data: inputs and weights."""
        return nullcontext()

    def differentiating(self) -> AbstractContextManager[None]:
        """Take the block for differentiation."""
        return nullcontext()

    def holding(self, weights: Iterable[Any]) -> AbstractContextManager[None]:
        """Take the block for one in which a side has these weights."""
        return nullcontext()


class ChangingTracker(Tracker, ABC):
    """Tracker that changes constants, and keeps which part of the run it is in."""

    paused = is_building = False

    @abstractmethod
    def tracking(self) -> AbstractContextManager[None]:
        """See every operation of the block."""

    @contextmanager
    def given(self) -> Iterator[None]:
        """Take what the block makes for data: inputs and weights."""
        before, self.paused = self.paused, True
        try:
            yield
        finally:
            self.paused = before

    @contextmanager
    def building(self) -> Iterator[None]:
        """Take the block for building: what it does with data, such as fresh weights, is void."""
        self.is_building = True
        try:
            yield
        finally:
            self.is_building = False


@contextmanager
def track(
    changes: ConstantChanges | None, make: Callable[[ConstantChanges], ChangingTracker]
) -> Iterator[Tracker]:
    """Change the constants of the block, if asked; gives what marks inputs and weights as data.

    Args:
        changes: the changes, or None.
        make: makes the framework's tracker, and imports it only then.
    """
    if changes is None:
        yield Tracker()
        return
    tracker = make(changes)
    with tracker.tracking():
        yield tracker


def user_line(depth: int = 80) -> str:
    """Return "file.py:line" of the innermost caller outside the frameworks and parity; or ""."""
    frame = _user_frame(sys._getframe(1), depth)
    return _place(frame) if frame is not None else ""


def user_source(depth: int = 80) -> tuple[str, str]:
    """Return "file.py:line" and that line's text, of the same caller as `user_line`."""
    frame = _user_frame(sys._getframe(1), depth)
    if frame is None:
        return "", ""
    return _place(frame), linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()


def _place(frame: FrameType) -> str:
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def _user_frame(start: FrameType, depth: int) -> FrameType | None:
    frame = start
    for _ in range(depth):
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if module not in _LIBRARIES and not _is_pythons_own(frame.f_code.co_filename):
            return None if _is_command(module) else frame
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None


def _is_pythons_own(file: str) -> bool:
    """Return whether code is of the standard library, such as `functools.cached_property`."""
    return file.startswith("<") or (
        file.startswith(_PYTHONS_OWN) and not file.startswith(_INSTALLED)
    )


def _is_command(module: str) -> bool:
    """Return whether a frame belongs to what started parity: none of the layer's code is below."""
    return module in ("typer", "click", "pytest", "_pytest", "pluggy", "runpy", "__main__")
