"""Search for what explains a mismatch: known bugs, repairs of calls and statements, and pairs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations

from parity.declaring.frameworks import Recorded
from parity.declaring.known_bug import KnownBug, OtherOperation, PatchedCode
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.fewest_calls import in_fewest_calls
from parity.diagnosing.hypothesis_runs import (
    FLOAT32_CONSTANTS,
    Errors,
    Hypothesis,
    HypothesisRuns,
)
from parity.diagnosing.lining_up.grafting import generate_grafts
from parity.diagnosing.lining_up.lined_up import LinedUp, line_up
from parity.diagnosing.repair_order import (
    is_among,
    made_repeatedly,
    moved,
    of_one_call,
    over_the_same_axes,
    rank_of,
)
from parity.diagnosing.statements.generate import generate_pairs, generate_statements
from parity.errors import ParityError
from parity.known_bugs.operations import generate_repairs, record_calls

# Maximum number of partially explaining bugs to try in pairs.
PAIRED = 24
# Of these, the number of those that are tried together with every repair.
_BEST = 4
# The part of the time after which repairs are tried before the known bugs that are left.
_FIRST = 1 / 8
# The part of the time for the statement that a known bug is written in, and the ranks tried.
_WRITTEN, _RANKS_WRITTEN = 1 / 4, 3
# The most pairs of changes that are tried of each statement.
_MOST_PAIRS = 150
# Calls that part from the reference whose repairs are tried before those of others.
_FIRST_PARTED = 2


def recorded_calls(runs: HypothesisRuns) -> list[Recorded]:
    """Return the candidate's calls; none if it does not run."""
    try:
        return record_calls(runs.pair, runs.task, runs.numbers)
    except ParityError:
        return []


class Search:
    """Search for what explains the whole mismatch, within a budget of time.

    `repairs_tried` counts other calls in place of the candidate's own, `statements_tried` other
    statements, `repairs_left` and `known_left` what time did not suffice for.
    """

    def __init__(self, runs: HypothesisRuns, budget: Budget) -> None:
        self._runs, self._budget = runs, budget
        self.repairs_tried = self.statements_tried = self.repairs_left = self.known_left = 0
        self._partial: list[tuple[Hypothesis, Errors]] = []
        self.grafted: tuple[Recorded, ...] = ()

    def explanations(self, known: Sequence[KnownBug]) -> list[RootCause]:
        """Return all explanations: single known bugs, else repairs, else two known bugs."""
        # Those that change the candidate alone need no runs of the reference, which may be slow.
        self._untried = sorted(known, key=lambda bug: bug.on_reference)
        places = {bug.name: place for place, bug in enumerate(known)}
        self._tried: list[tuple[Hypothesis, Errors]] = []

        def found(part: float) -> list[RootCause]:
            self._try_known(self._budget.part(part))
            likeliest = sorted(self._tried, key=lambda item: places[item[0][0].name])
            return explaining(self._runs, likeliest)

        if found(_FIRST):
            return found(1 / 2)
        if repaired := self._repairs():
            return found(1) + repaired
        # The other half is for pairs.
        return found(1 / 2) or explaining(self._runs, self._try_pairs(known))

    def _try_known(self, budget: Budget) -> None:
        """Try the known bugs that were not tried yet."""
        self._tried += self._try_each(self._untried, complete=False, budget=budget)
        del self._untried[: self._count]
        self.known_left = len(self._untried)

    def _try_each(
        self, bugs: Sequence[KnownBug], complete: bool, budget: Budget | None = None
    ) -> list[tuple[Hypothesis, Errors]]:
        """Try bugs, each alone, while there is time; `_count` says how many."""
        found: list[tuple[Hypothesis, Errors]] = []
        self._count = 0
        for bug in bugs:
            if (budget or self._budget).over:
                break
            self._count += 1
            self._budget.say(f"{bug.name} ({self._count} of {len(bugs)})")
            errors = self._runs.try_hypothesis((bug,), complete)
            if errors is not None:
                found.append(((bug,), errors))
        return found

    def _repairs(self) -> list[RootCause]:
        """Return the other calls in place of the candidate's own that explain it."""
        calls = recorded_calls(self._runs)
        repeated = made_repeatedly(calls)
        bugs = sorted(
            generate_repairs(calls, self._runs.numbers),
            key=lambda bug: (not is_among(bug, self._parted), rank_of(bug)),
        )
        together = [bug for bug in bugs if not is_among(bug, repeated)]
        alone = [bug for bug in bugs if is_among(bug, repeated)]
        # Where runs are slow, the other half is for what the reference computes.
        found = self._try_repairs(together, 1 / 2)
        left = together[self._count :]
        if not found and not left:
            found = self._explaining_repairs(self._moves(together))
        if found:
            return found
        likely, *others = self._statements(calls) or [[]]
        if found := self._try_statements(likely):
            return found
        if found := self._try_grafts():
            return found if self._is_written() else self._written_shorter(likely, others) or found
        if found := self._try_in_turn(others) or self._try_statements(self._pairs(likely)):
            return found
        self.repairs_left -= len(left)
        return self._try_repairs([*left, *alone])

    @cached_property
    def _lined_up(self) -> LinedUp | None:
        """Return both sides operation by operation, if they show theirs."""
        return line_up(self._runs.pair, self._runs.task, self._runs.dtype)

    @cached_property
    def _parted(self) -> set[tuple[str, int | None]]:
        """Return the first calls that part from the reference."""
        return self._lined_up.first(_FIRST_PARTED) if self._lined_up is not None else set()

    def _try_grafts(self) -> list[RootCause]:
        """Return the first call that what the reference computes there explains."""
        lined_up = self._lined_up
        for grafted in generate_grafts(lined_up) if lined_up is not None else ():
            if self._budget.over:
                break
            self.repairs_tried += 1
            self._budget.say(grafted.bug.name)
            errors = self._runs.try_hypothesis((grafted.bug,), complete=True)
            found: Hypothesis = (grafted.bug,)
            if causes := self._explaining_repairs([(found, errors)] if errors is not None else []):
                self.grafted = grafted.calls
                return causes
        return []

    def _statements(self, calls: list[Recorded]) -> list[list[KnownBug]]:
        """Return other statements, those of functions first in which the sides part."""
        runs = self._runs
        parted = [call.written for call in calls if (call.kind, call.number) in self._parted]
        places = [written.called for written in parted if written and written.called]
        near = [(place.file, place.line) for place in places]
        return generate_statements(runs.pair, runs.task, runs.dtype, near, runs.values_agree)

    def _pairs(self, bugs: Sequence[KnownBug]) -> list[KnownBug]:
        """Return two changes of one statement at a time, of those first that are near."""
        return list(generate_pairs(bugs, _MOST_PAIRS))

    def _is_written(self) -> bool:
        """Return whether what was found of the reference's operations can be written in a patch."""
        return all(way.edit is not None for call in self.grafted for way in call.ways)

    def _written_shorter(
        self, likely: Sequence[KnownBug], others: Sequence[Sequence[KnownBug]]
    ) -> list[RootCause]:
        """Return a statement that does what many operations of the reference do."""
        for group in (self._pairs(likely), *others[: _RANKS_WRITTEN - 1]):
            if found := self._try_statements(group, self._budget.part(_WRITTEN)):
                self.grafted = ()
                return found
        return []

    def written(self, cause: RootCause) -> RootCause:
        """Return a cause with a statement that repairs it, if nothing says yet where it is."""
        if any(isinstance(bug.change, OtherOperation | PatchedCode) for bug in cause.known_bugs):
            return cause
        budget = self._budget.part(_WRITTEN)
        for group in self._statements(recorded_calls(self._runs))[:_RANKS_WRITTEN]:
            if found := self._try_statements(group, budget):
                return replace(cause, repair=found[0].known_bugs[0])
        return cause

    def _try_in_turn(self, groups: Sequence[Sequence[KnownBug]]) -> list[RootCause]:
        """Return what the first group of statements explains that explains anything."""
        return next((found for group in groups if (found := self._try_statements(group))), [])

    def _try_statements(
        self, bugs: Sequence[KnownBug], budget: Budget | None = None
    ) -> list[RootCause]:
        """Return what statements explain; those left count unless they had a budget of their own.

        A cause is known then, and they only write it otherwise.
        """
        tried = self._try_each(bugs, complete=False, budget=budget)
        self.statements_tried += self._count
        self.repairs_left += len(bugs) - self._count if budget is None else 0
        return explaining(self._runs, tried)

    def _try_repairs(self, bugs: Sequence[KnownBug], part: float = 1) -> list[RootCause]:
        found = self._try_each(bugs, complete=True, budget=self._budget.part(part))
        self.repairs_tried += self._count
        self.repairs_left += len(bugs) - self._count
        self._partial += found
        return self._explaining_repairs(found)

    def _explaining_repairs(self, found: list[tuple[Hypothesis, Errors]]) -> list[RootCause]:
        for part in PARTS:
            seen = [(hypothesis, part(errors)) for hypothesis, errors in found]
            if causes := explaining(self._runs, [one for one in seen if one[1]]):
                return causes
        return []

    def _moves(self, bugs: Sequence[KnownBug]) -> list[tuple[Hypothesis, Errors]]:
        """Try each function or epsilon left out in one place and applied in another."""
        found: list[tuple[Hypothesis, Errors]] = []
        for one, other in (*moved(bugs), *over_the_same_axes(bugs)):
            if self._budget.over:
                self.repairs_left += 1
                continue
            self.repairs_tried += 1
            self._budget.say(f"{one.name} and {other.name}")
            errors = self._runs.try_hypothesis((one, other))
            if errors is not None:
                found.append(((one, other), errors))
        return found

    def _try_pairs(self, known: Sequence[KnownBug]) -> list[tuple[Hypothesis, Errors]]:
        """Try the bugs and repairs that explain a part, with one another and with any repair."""
        runs, before = self._runs, _severity(self._runs.errors)
        alone = self._try_each(known, complete=True) + self._partial
        helpful = sorted(alone, key=lambda item: _severity(item[1]))[:PAIRED]
        bugs = [hypothesis[0] for hypothesis, errors in helpful if _severity(errors) < before]
        others = [hypothesis[0] for hypothesis, _ in self._partial]
        pairs = [
            *combinations(bugs, 2),
            *((one, other) for one in bugs[:_BEST] for other in others if other not in bugs),
        ]
        tried: list[tuple[Hypothesis, Errors]] = []
        for number, (one, other) in enumerate(pairs):
            if self._budget.over:
                self.repairs_left += len(pairs) - number
                break
            if of_one_call(one, other):
                continue
            self._budget.say(f"{one.name} and {other.name}")
            if (errors := runs.try_hypothesis((one, other))) is not None:
                tried.append(((one, other), errors))
        return tried


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


def explaining(runs: HypothesisRuns, tried: list[tuple[Hypothesis, Errors]]) -> list[RootCause]:
    """Return the causes that leave only rounding, or else only that of float32 constants."""
    found = [
        (RootCause(hypothesis, max(errors.values(), default=0.0)), runs.only_rounding(errors))
        for hypothesis, errors in tried
        if runs.explains(errors)
    ]
    exact = [cause for cause, only_rounding in found if only_rounding]
    nearly = sorted((cause for cause, _ in found), key=lambda cause: cause.error_left)
    return in_fewest_calls(exact or nearly)


def _severity(errors: Errors) -> tuple[int, float]:
    """Return how many outputs are wrong, and the sum of their errors, each at most 1e6."""
    wrong = [min(error, 1e6) for error in errors.values() if error > FLOAT32_CONSTANTS]
    return len(wrong), sum(wrong)
