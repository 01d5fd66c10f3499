"""Parts that the trackers of constants of all frameworks share."""

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from parity.declaring.constants import ConstantChanges

_LIBRARIES = ("tensorflow", "keras", "tf_keras", "torch", "numpy", "parity", "contextlib")


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
    frame = sys._getframe(1)
    for _ in range(depth):
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if module not in _LIBRARIES and not frame.f_code.co_filename.startswith("<"):
            name = os.path.basename(frame.f_code.co_filename)
            return "" if _is_command(module) else f"{name}:{frame.f_lineno}"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ""


def _is_command(module: str) -> bool:
    """Return whether a frame belongs to what started parity: none of the layer's code is below."""
    return module in ("typer", "click", "pytest", "_pytest", "pluggy", "runpy", "__main__")
