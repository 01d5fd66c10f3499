"""Progress of a long command: a status line on a terminal, a line now and then elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from parity.report.native_stderr import labelled_stderr

SECONDS_BETWEEN_LINES = 30.0


class _Lines:
    """Lines on standard error, one every so many seconds, however long a single step takes."""

    def __init__(self, text: str, seconds: float) -> None:
        self._text, self._seconds = text, seconds
        self._started, self._ended = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._write, name="progress", daemon=True)
        self._thread.start()

    def show(self, text: str) -> None:
        """Change what the next line says."""
        self._text = text

    def end(self) -> None:
        """Write no more lines."""
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._ended.wait(self._seconds):
            line = f"{time.monotonic() - self._started:.0f} s: {self._text}\n"
            try:
                sys.stderr.write(line)
                sys.stderr.flush()
            except (OSError, ValueError):
                return  # Nobody reads it; the command goes on.


@contextmanager
def waiting(
    console: Console, text: str, seconds: float = SECONDS_BETWEEN_LINES
) -> Iterator[Callable[[str], None]]:
    """Show what is being done while the block runs; gives a function that changes the text.

    Where the console is no terminal, the text is written to standard error every `seconds`. Lines
    that native libraries write to standard error meanwhile are labelled with the text.
    """
    with labelled_stderr(text) as relabel:
        shown = _status(console, text) if console.is_terminal else _lines(text, seconds)
        with shown as show:

            def change(text: str) -> None:
                show(text)
                relabel(text)

            yield change


@contextmanager
def _status(console: Console, text: str) -> Iterator[Callable[[str], None]]:
    with console.status(text) as status:
        yield status.update


@contextmanager
def _lines(text: str, seconds: float) -> Iterator[Callable[[str], None]]:
    lines = _Lines(text, seconds)
    try:
        yield lines.show
    finally:
        lines.end()
