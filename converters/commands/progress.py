"""Progress bars on standard error, shown only on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from converters.messages import safe_console

if TYPE_CHECKING:
    from rich.progress import Progress


class Advance(Protocol):
    """Function that advances a progress bar."""

    def __call__(self, units: float = 1) -> None:
        """Advance the bar by some units."""


@contextmanager
def progress(label: str, total: float | None, unit: str = "") -> Iterator[Advance]:
    """Show a bar with the time left on standard error, if that is a terminal.

    Args:
        label: what is being done.
        total: units of work, or None if unknown.
        unit: "bytes" shows sizes and bytes per second; any other, such as "transcripts", counts.
    """
    if not sys.stderr.isatty():
        yield lambda units=1: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    counts = (
        (DownloadColumn(), TransferSpeedColumn())
        if unit == "bytes"
        else (MofNCompleteColumn(), TextColumn(unit))
    )
    columns = (TextColumn("{task.description}"), BarColumn(), *counts, TimeRemainingColumn())
    with Progress(*columns, console=safe_console(Console(stderr=True)), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda units=1: bar.advance(task, units)


@contextmanager
def telling_bar() -> "Iterator[Progress]":
    """Show a transient bar whose tasks have a field `about` in place of a unit."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    label, about = TextColumn("{task.description}"), TextColumn("{task.fields[about]}")
    columns = (label, BarColumn(bar_width=20), MofNCompleteColumn(), about, TimeLeft())
    with Progress(*columns, console=safe_console(Console(stderr=True)), transient=True) as bar:
        yield bar
