"""Tracer of the lines that code of chosen files executes, and of the steps between them."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

Step = tuple[int, int]
"""A line and the line that was executed after it in one call; -1 is the call's start or end."""
Steps = dict[str, set[Step]]
"""Steps by file."""


class Tracer:
    """Record of the steps of every function whose file is wanted, in all threads.

    Args:
        wanted: says of a file, as code objects name it, whether to record its steps.
    """

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted
        self._files: dict[str, set[Step] | None] = {}
        self._codes: dict[CodeType, set[Step] | None] = {}

    @property
    def steps(self) -> Steps:
        """Return the steps of each file of which a function was called."""
        return {file: steps for file, steps in self._files.items() if steps is not None}

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """Record what the block executes; another tracer, a debugger's for instance, is kept."""
        before, threads = sys.gettrace(), threading.gettrace()
        if before is not None:
            yield
            return
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(threads)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        try:
            steps = self._codes[code]
        except KeyError:
            steps = self._codes[code] = self._of(code)
        return None if steps is None else _follow(steps)

    def _of(self, code: CodeType) -> set[Step] | None:
        """Return where to record the steps of a function; None to leave it out."""
        file = code.co_filename
        if file not in self._files:
            self._files[file] = set() if self._wanted(file) else None
        # What is executed on import is no function's.
        return None if code.co_name == "<module>" else self._files[file]


def _follow(steps: set[Step]) -> Callable[..., Any]:
    """Return a tracer of one call, which adds its steps."""
    last = -1

    def follow(frame: FrameType, event: str, arg: Any) -> Callable[..., Any]:
        nonlocal last
        if event == "line":
            line = frame.f_lineno
            steps.add((last, line))
            last = line
        elif event == "return":
            steps.add((last, -1))
        elif event == "exception":
            # Where an error leads to is no branch of the line that raised it.
            last = 0
        return follow

    return follow
