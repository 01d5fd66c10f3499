"""Trials of hypotheses within a budget of time, and the causes that they leave."""

from collections.abc import Callable, Sequence

from parity.declaring.known_bug import KnownBug
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.fewest_calls import in_fewest_calls
from parity.diagnosing.hypothesis_runs import Errors, Hypothesis, HypothesisRuns

Tried = tuple[Hypothesis, Errors]
"""A hypothesis and the errors left under it."""


class Trials:
    """Trials on one candidate, within one budget.

    Args:
        runs: the candidate's runs.
        budget: the time of all trials together.
    """

    def __init__(self, runs: HypothesisRuns, budget: Budget) -> None:
        self.runs, self.budget = runs, budget

    def of_each(
        self, bugs: Sequence[KnownBug], complete: bool, budget: Budget | None = None
    ) -> tuple[list[Tried], int]:
        """Try bugs, each alone, while there is time; return what ran, and how many were tried."""
        found: list[Tried] = []
        for count, bug in enumerate(bugs):
            if (budget or self.budget).over:
                return found, count
            self.budget.say(f"{bug.name} ({count + 1} of {len(bugs)})")
            errors = self.runs.try_hypothesis((bug,), complete)
            if errors is not None:
                found.append(((bug,), errors))
        return found, len(bugs)

    def explaining(self, tried: Sequence[Tried]) -> list[RootCause]:
        """Return the causes that leave only rounding, or else only that of float32 constants."""
        found = [
            (RootCause(hypothesis, max(errors.values(), default=0.0)), errors)
            for hypothesis, errors in tried
            if self.runs.explains(errors)
        ]
        exact = [cause for cause, errors in found if self.runs.only_rounding(errors)]
        nearly = sorted((cause for cause, _ in found), key=lambda cause: cause.error_left)
        return in_fewest_calls(exact or nearly)

    def explaining_a_part(self, tried: Sequence[Tried]) -> list[RootCause]:
        """Return the causes judged by all outputs, or else by the first fewer that any explains."""
        for part in PARTS:
            seen = [(hypothesis, part(errors)) for hypothesis, errors in tried]
            if causes := self.explaining([one for one in seen if one[1]]):
                return causes
        return []


def between_layers(errors: Errors) -> Errors:
    """Leave out the outputs of a whole model's layers, whose inputs are listed as well.

    A forgotten activation may be within a layer on one side, and follow it on the other.
    """
    return {name: error for name, error in errors.items() if f"{name}/input" not in errors}


def outside_layers(errors: Errors) -> Errors:
    """Leave out what goes into and comes out of a whole model's layers.

    A layer may have to read its input in another layout than it is given in, or be left.
    """
    layers = {name.removesuffix("/input") for name in errors if name.endswith("/input")}
    return {k: e for k, e in errors.items() if k.removesuffix("/input") not in layers}


PARTS: tuple[Callable[[Errors], Errors], ...] = (dict, between_layers, outside_layers)
"""Choices of the outputs that an explanation is judged by: all of them, or else fewer."""
