"""Progress of a run on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from converters.commands.progress import telling_bar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PAUSE = 30.0  # seconds between two lines, where there is no terminal

Advance = Callable[[int], None]


class Speed:
    """Work done since this was made, and how fast."""

    def __init__(self) -> None:
        self._since = monotonic()
        self.steps = self.units = 0

    def add(self, units: int) -> None:
        """Count a step of some units."""
        self.steps += 1
        self.units += units

    @property
    def seconds(self) -> float:
        """Return the seconds passed."""
        return max(monotonic() - self._since, 1e-9)

    @property
    def units_per_second(self) -> float:
        """Return the units per second."""
        return self.units / self.seconds

    def time_left(self, done: int, left: int) -> str:
        """Return h:mm:ss for what is left, if `done` of the same took the time until now."""
        minutes, seconds = divmod(round(left * self.seconds / max(done, 1)), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02} left"


@contextmanager
def show_progress(
    label: str, total: int | None, unit: str = "residues", shown: bool = True
) -> Iterator[Advance]:
    """Show how much of a total is done; yield the function that counts more units of it."""
    if not shown:
        yield lambda units: None
    elif sys.stderr.isatty():
        yield from _bar(label, total, unit)
    else:
        yield _lines(label, total, unit)


def _bar(label: str, total: int | None, unit: str) -> Iterator[Advance]:
    speed = Speed()
    with telling_bar() as bar:
        task = bar.add_task(label, total=total, about="")

        def advance(units: int) -> None:
            speed.add(units)
            bar.update(task, advance=units, about=f"{speed.units_per_second:,.0f} {unit}/s")

        yield advance


def _lines(label: str, total: int | None, unit: str) -> Advance:
    speed, last = Speed(), monotonic()

    def advance(units: int) -> None:
        nonlocal last
        speed.add(units)
        if monotonic() - last < _PAUSE:
            return
        last = monotonic()
        done, rate = speed.units, f"{speed.units_per_second:,.0f} {unit}/s"
        if total is None:
            parts = [f"{done:,} {unit}", rate]
        else:
            left = speed.time_left(done, max(total - done, 0))
            parts = [f"{done:,} of {total:,} {unit}", rate, left]
        print("  ".join([label, *parts]), file=sys.stderr, flush=True)

    return advance


class Reporter:
    """Progress of a training, not shown; the base of the reporters that show it."""

    def begin(self, epoch: int, done: int, total: int) -> None:
        """Begin an epoch of `total` steps, of which some are done already."""

    def step(self, loss: float, rate: float, samples: int) -> None:
        """Report a step over some samples."""

    def end(self, line: Mapping[str, Any]) -> None:
        """Report an epoch by its line of metrics.jsonl."""
        self.say(epoch_text(line))

    def say(self, text: str) -> None:
        """Print a line."""


class LineReporter(Reporter):
    """Progress of a training in lines: one for each epoch, and one for a step now and then."""

    def __init__(self) -> None:
        self._last = monotonic()

    def begin(self, epoch: int, done: int, total: int) -> None:
        """Begin an epoch."""
        self._epoch, self._done, self._total = epoch, done, total
        self._speed = Speed()

    def step(self, loss: float, rate: float, samples: int) -> None:
        """Report a step, if the last line was long ago."""
        self._done += 1
        self._speed.add(samples)
        if monotonic() - self._last < _PAUSE:
            return
        self._last = monotonic()
        left = self._speed.time_left(self._speed.steps, self._total - self._done)
        self.say(
            f"epoch {self._epoch}  step {self._done} of {self._total}  "
            f"{_step_text(loss, rate, self._speed)}  {left}"
        )

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, file=sys.stderr, flush=True)


class BarReporter(Reporter):
    """Progress of a training as a bar for each epoch, and a line when it is done."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def begin(self, epoch: int, done: int, total: int) -> None:
        """Begin an epoch."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._speed = Speed()
        self._task = self._bar.add_task(f"epoch {epoch}", total=total, completed=done, about="")

    def step(self, loss: float, rate: float, samples: int) -> None:
        """Advance the bar by a step."""
        assert self._task is not None, "an epoch was begun"
        self._speed.add(samples)
        self._bar.update(self._task, advance=1, about=_step_text(loss, rate, self._speed))

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def report_training(shown: bool) -> Iterator[Reporter]:
    """Yield a bar on a terminal, lines elsewhere; nothing is shown by all but the first process."""
    if not shown:
        yield Reporter()
    elif not sys.stderr.isatty():
        yield LineReporter()
    else:
        with telling_bar() as bar:
            yield BarReporter(bar)


def epoch_text(line: Mapping[str, Any]) -> str:
    """Return an epoch's line of metrics.jsonl in words."""
    names = {"training_loss": "training loss", "loss": "validation loss", "auroc": "AUROC"}
    parts = [f"{text} {line[name]:.4f}" for name, text in names.items()]
    return "  ".join([f"epoch {line['epoch']}", *parts])


def _step_text(loss: float, rate: float, speed: Speed) -> str:
    return f"loss {loss:.4f}  rate {rate:.2e}  {speed.units_per_second:.1f} samples/s"
