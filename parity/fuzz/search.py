"""Search for a counterexample: Hypothesis draws cases until one fails, then shrinks it."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from parity.declaring.port import Configuration, Pair
from parity.errors import UnavailableError
from parity.fuzz.cases import FuzzCase, mixed_cases, narrowed_cases, simple_cases
from parity.fuzz.outcome import Outcome, run_case
from parity.fuzz.target import FuzzTarget
from parity.judging.verdict import Verdict

try:
    import hypothesis
    from hypothesis import Phase, configuration, settings
    from hypothesis.errors import NoSuchExample

    from parity.fuzz.strategies import cases
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] != "hypothesis":
        raise
    raise UnavailableError(
        "hypothesis is not installed, and parity fuzz needs it; "
        "install it with: pip install 'gmvp-parity[fuzz]'"
    ) from error


@dataclass(frozen=True)
class Limits:
    """Limits of a run without a counterexample: a number of examples, or a time.monotonic()."""

    examples: int
    until: float | None = None
    seed: int = 1


class _TimedOut(BaseException):
    """Ends the run from within Hypothesis, which treats any Exception as a failing example."""


@dataclass
class FuzzRun:
    """Fuzz run of one pair under one configuration, and what it has seen so far.

    `tried` counts distinct cases up to the first counterexample, `shrunk` those after it, and
    `not_compared` those of which some output could not be compared. `counterexample` is the
    smallest one so far, and `outcome` its outcome.
    """

    pair: Pair
    config: Configuration
    target: FuzzTarget
    on_example: Callable[["FuzzRun"], None] = lambda run: None
    tried: int = 0
    shrunk: int = 0
    not_compared: int = 0
    timed_out: bool = False
    counterexample: FuzzCase | None = None
    outcome: Outcome | None = None
    _until: float | None = None
    _seen: dict[str, bool] = field(default_factory=dict)

    def run(self, limits: Limits) -> None:
        """Try the unchanged case, simple and mixed cases, then drawn ones; shrink one that fails.

        Simple cases take at most half of the examples, and need no shrinking; mixed ones take at
        most a quarter.

        Raises ParityError if the pair cannot be run at all.
        """
        self._until = limits.until
        try:
            self._fails(FuzzCase())
            half = islice(simple_cases(self.target), limits.examples // 2)
            if any(map(self._fails, half)):
                return
            if any(map(self._fails, islice(mixed_cases(self.target), limits.examples // 4))):
                any(map(self._fails, narrowed_cases(self.target)))
                return
            with _temporary_hypothesis_home():
                hypothesis.find(
                    cases(self.target),
                    self._fails,
                    settings=settings(
                        max_examples=max(1, limits.examples - len(self._seen)),
                        database=None,
                        deadline=None,
                        phases=(Phase.generate, Phase.shrink),
                    ),
                    random=Random(limits.seed),
                )
        except NoSuchExample:
            pass
        except _TimedOut:
            self.timed_out = True

    @property
    def nothing_compared(self) -> bool:
        """Return True if no case could be compared in full."""
        return self.counterexample is None and self.not_compared == self.tried

    def _fails(self, case: FuzzCase) -> bool:
        # Compared by text: as values, 0.0 and -0.0 are equal.
        key = repr(case)
        if key not in self._seen:
            if self._seen and self._until is not None and time.monotonic() > self._until:
                raise _TimedOut
            self._seen[key] = self._run_case(case)
            self.on_example(self)
        return self._seen[key]

    def _run_case(self, case: FuzzCase) -> bool:
        outcome = run_case(self.pair, case.build(self.target))
        if self.counterexample is None or self.counterexample == FuzzCase():
            self.tried += 1
            not_compared = outcome.verdict is Verdict.NOT_COMPARED
            self.not_compared += not_compared and not outcome.is_counterexample
        else:
            self.shrunk += 1
        if outcome.is_counterexample:
            # Hypothesis moves from a counterexample only to a smaller one: the last is smallest.
            self.counterexample, self.outcome = case, outcome
        return outcome.is_counterexample


@contextmanager
def _temporary_hypothesis_home() -> Iterator[None]:
    """Keep Hypothesis from storing data about the tested code in the current folder."""
    with tempfile.TemporaryDirectory() as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(None)
