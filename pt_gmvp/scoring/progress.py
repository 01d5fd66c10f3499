"""How far scoring is, on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from converters.commands.progress import telling_bar

_PAUSE = 30.0  # seconds between two lines, where there is no terminal

Advance = Callable[[int], None]


class Pace:
    """How many units of a total are done, and how fast, since this was made."""

    def __init__(self, label: str, total: int | None, unit: str) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done = 0
        self._since = monotonic()

    @property
    def seconds(self) -> float:
        """Seconds passed."""
        return max(monotonic() - self._since, 1e-9)

    @property
    def speed(self) -> str:
        """Units a second, for people."""
        return f"{self.done / self.seconds:,.0f} {self.unit}/s"

    @property
    def line(self) -> str:
        """All of it in a line."""
        if self.total is None:
            return f"{self.label}  {self.done:,} {self.unit}  {self.speed}"
        left = max(self.total - self.done, 0) * self.seconds / max(self.done, 1)
        return (
            f"{self.label}  {self.done:,} of {self.total:,} {self.unit}  {self.speed}  "
            f"{timedelta(seconds=round(left))} left"
        )


@contextmanager
def following(
    label: str, total: int | None, unit: str = "residues", shown: bool = True
) -> Iterator[Advance]:
    """Show how far something is; give the function that moves it on by so many units."""
    pace = Pace(label, total, unit)
    if not shown:
        yield lambda units: None
    elif not sys.stderr.isatty():
        yield _lines(pace)
    else:
        yield from _bar(pace)


def _lines(pace: Pace) -> Advance:
    said = monotonic()

    def advance(units: int) -> None:
        nonlocal said
        pace.done += units
        if monotonic() - said >= _PAUSE:
            said = monotonic()
            print(pace.line, file=sys.stderr, flush=True)

    return advance


def _bar(pace: Pace) -> Iterator[Advance]:
    with telling_bar() as bar:
        task = bar.add_task(pace.label, total=pace.total, about="")

        def advance(units: int) -> None:
            pace.done += units
            bar.update(task, advance=units, about=pace.speed)

        yield advance
