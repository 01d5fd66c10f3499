"""What people see of a run, on standard error: a bar on a terminal, lines elsewhere."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

from converters.commands.progress import telling_bar

_PAUSE = 30.0  # seconds between two lines about the steps, where there is no terminal


class Silent:
    """Says nothing: what the processes beside the first one have, and the base of the others."""

    def begin(self, epoch: int, done: int, total: int) -> None:
        """Begin an epoch of `total` steps, of which some are done already."""

    def step(self, loss: float, rate: float, samples: int) -> None:
        """Tell of a step over so many samples."""

    def end(self, line: Mapping[str, Any]) -> None:
        """Tell of an epoch by its line of metrics.jsonl."""

    def say(self, text: str) -> None:
        """Say something else."""


class Lines(Silent):
    """Plain lines: one for each epoch, and one about the steps now and then."""

    def __init__(self) -> None:
        self._said = monotonic()

    def begin(self, epoch: int, done: int, total: int) -> None:
        """Begin an epoch."""
        self._epoch, self._done, self._total = epoch, done, total
        self._speed = Speed()

    def step(self, loss: float, rate: float, samples: int) -> None:
        """Tell of a step, if the last line was long ago."""
        self._done += 1
        self._speed.add(samples)
        if monotonic() - self._said < _PAUSE:
            return
        self._said = monotonic()
        left = (self._total - self._done) * self._speed.seconds_a_step
        self.say(
            f"epoch {self._epoch}  step {self._done} of {self._total}  loss {loss:.4f}  "
            f"rate {rate:.2e}  {self._speed.samples_a_second:.1f} samples/s  {clock(left)} left"
        )

    def end(self, line: Mapping[str, Any]) -> None:
        """Tell of an epoch."""
        self.say(epoch_text(line))

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, file=sys.stderr, flush=True)


class Bar(Silent):
    """A bar for each epoch, and a line when it is done."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._task: Any = None

    def begin(self, epoch: int, done: int, total: int) -> None:
        """Begin an epoch."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._speed = Speed()
        self._task = self._bar.add_task(f"epoch {epoch}", total=total, completed=done, about="")

    def step(self, loss: float, rate: float, samples: int) -> None:
        """Move on by a step."""
        self._speed.add(samples)
        speed = f"{self._speed.samples_a_second:.1f} samples/s"
        about = f"loss {loss:.4f}  rate {rate:.2e}  {speed}"
        self._bar.update(self._task, advance=1, about=about)

    def end(self, line: Mapping[str, Any]) -> None:
        """Tell of an epoch."""
        self.say(epoch_text(line))

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


class Speed:
    """How fast it goes, since this was made."""

    def __init__(self) -> None:
        self._since = monotonic()
        self.steps = self.samples = 0

    def add(self, samples: int) -> None:
        """Count a step."""
        self.steps += 1
        self.samples += samples

    @property
    def seconds(self) -> float:
        """Seconds passed."""
        return max(monotonic() - self._since, 1e-9)

    @property
    def samples_a_second(self) -> float:
        """Samples per second."""
        return self.samples / self.seconds

    @property
    def seconds_a_step(self) -> float:
        """Seconds per step."""
        return self.seconds / max(self.steps, 1)

    def account(self) -> dict[str, float]:
        """How many steps and samples, in how many seconds, until now."""
        return {
            "steps": self.steps,
            "samples": self.samples,
            "seconds": self.seconds,
            "samples_per_second": self.samples_a_second,
        }


@contextmanager
def reporting(first: bool) -> Iterator[Silent]:
    """Give what fits the terminal, or the lack of one; silence unless this process is the first."""
    if not first:
        yield Silent()
        return
    if not sys.stderr.isatty():
        yield Lines()
        return
    with telling_bar() as bar:
        yield Bar(bar)


def epoch_text(line: Mapping[str, Any]) -> str:
    """A line of metrics.jsonl about an epoch, for people."""
    names = {"training_loss": "training loss", "loss": "validation loss", "auroc": "AUROC"}
    parts = [f"{text} {line[name]:.4f}" for name, text in names.items()]
    return "  ".join([f"epoch {line['epoch']}", *parts])


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
