"""The hunt: Hypothesis makes recipes until one is a find, and then smaller ones of it."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from parity.declaring.port import Configuration, Pair
from parity.errors import UnavailableError
from parity.fuzz.examine import Outcome, examine
from parity.fuzz.ground import Ground
from parity.fuzz.plain import plain_recipes
from parity.fuzz.recipe import Recipe
from parity.judging.verdict import Verdict

try:
    import hypothesis
    from hypothesis import Phase, configuration, settings
    from hypothesis.errors import NoSuchExample

    from parity.fuzz.strategies import recipes
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] != "hypothesis":
        raise
    raise UnavailableError(
        "hypothesis is not installed, and parity fuzz needs it; "
        "install it with: pip install 'gmvp-parity[fuzz]'"
    ) from error


@dataclass(frozen=True)
class Limits:
    """When a hunt ends without a find: after so many examples, or at a time.monotonic()."""

    examples: int
    until: float | None = None
    seed: int = 1


class _TimeIsUp(BaseException):
    """Ends the hunt from within Hypothesis, which takes every Exception for a failing example."""


@dataclass
class Hunt:
    """One pair under one configuration, and what was seen of it so far.

    `tried` counts distinct cases up to the first find, `shrunk` those after it; `untold` counts
    those of which some output, or all, could not be compared. `recipe` and `outcome` are those of
    the smallest find so far.
    """

    pair: Pair
    config: Configuration
    ground: Ground
    on_example: Callable[["Hunt"], None] = lambda hunt: None
    tried: int = 0
    shrunk: int = 0
    untold: int = 0
    time_is_up: bool = False
    recipe: Recipe | None = None
    outcome: Outcome | None = None
    _until: float | None = None
    _seen: dict[str, bool] = field(default_factory=dict)

    def run(self, limits: Limits) -> None:
        """Try the case as given, then the plain traps, then draw, until one is a find; shrink it.

        Plain ones take half of the examples at most, and need no shrinking.

        Raises ParityError if the pair cannot be run at all.
        """
        self._until = limits.until
        try:
            self._is_find(Recipe())
            half = islice(plain_recipes(self.ground), limits.examples // 2)
            if any(map(self._is_find, half)):
                return
            with _nothing_kept():
                hypothesis.find(
                    recipes(self.ground),
                    self._is_find,
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
        except _TimeIsUp:
            self.time_is_up = True

    @property
    def nothing_told(self) -> bool:
        """Whether no case at all could be wholly compared."""
        return self.recipe is None and self.untold == self.tried

    def _is_find(self, recipe: Recipe) -> bool:
        # Not the recipe itself: 0.0 and -0.0 are equal.
        key = repr(recipe)
        if key not in self._seen:
            if self._seen and self._until is not None and time.monotonic() > self._until:
                raise _TimeIsUp
            self._seen[key] = self._examine(recipe)
            self.on_example(self)
        return self._seen[key]

    def _examine(self, recipe: Recipe) -> bool:
        outcome = examine(self.pair, recipe.cook(self.ground))
        if self.recipe is None or self.recipe == Recipe():
            self.tried += 1
            self.untold += outcome.verdict is Verdict.NOT_COMPARED and not outcome.found
        else:
            self.shrunk += 1
        if outcome.found:
            # Hypothesis goes from one find to a smaller one only, so the last is the smallest.
            self.recipe, self.outcome = recipe, outcome
        return outcome.found


@contextmanager
def _nothing_kept() -> Iterator[None]:
    """Hypothesis keeps notes of the code it sees in the user's folder; here they go to none."""
    with tempfile.TemporaryDirectory() as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(None)
