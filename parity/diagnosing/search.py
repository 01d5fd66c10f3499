"""Search for what explains a mismatch: known bugs, repairs of calls and statements, and pairs."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import combinations

from parity.declaring.frameworks import Recorded
from parity.declaring.known_bug import KnownBug, PatchedCode
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.hypothesis_runs import FLOAT32_CONSTANTS, Errors, HypothesisRuns
from parity.diagnosing.lining_up.grafting import generate_grafts
from parity.diagnosing.lining_up.lined_up import LinedUp, line_up
from parity.diagnosing.patches import make_patch
from parity.diagnosing.repair_order import (
    is_among,
    made_repeatedly,
    moved,
    of_one_call,
    over_the_same_axes,
    rank_of,
)
from parity.diagnosing.source_rewriting import CannotWriteError
from parity.diagnosing.statement_search import StatementSearch
from parity.diagnosing.statements.generate import Line
from parity.diagnosing.trials import Trials, Tried
from parity.errors import ParityError
from parity.known_bugs.operations import generate_repairs, record_calls

# Maximum number of partially explaining bugs to try in pairs.
PAIRED = 24
# Of these, the number of those that are tried together with every repair.
_BEST = 4
# The part of the time after which repairs are tried before the known bugs that are left.
_FIRST = 1 / 8
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

    `repairs_tried` counts other calls in place of the candidate's own, `known_left` the known bugs
    that time did not suffice for; `grafted` holds the calls in whose place the reference's
    operations explain it.
    """

    def __init__(self, runs: HypothesisRuns, budget: Budget) -> None:
        self._runs, self._budget = runs, budget
        self._trials = Trials(runs, budget)
        self._statements = StatementSearch(self._trials, self._parted_lines)
        self.repairs_tried = self.known_left = self._repairs_left = 0
        self._partial: list[Tried] = []
        self.grafted: tuple[Recorded, ...] = ()

    @property
    def statements_tried(self) -> int:
        """Return how many other statements were tried."""
        return self._statements.tried

    @property
    def repairs_left(self) -> int:
        """Return how many calls and statements time did not suffice for."""
        return self._repairs_left + self._statements.left

    def explanations(self, known: Sequence[KnownBug]) -> list[RootCause]:
        """Return all explanations: single known bugs, else repairs, else two known bugs."""
        # Those that change the candidate alone need no runs of the reference, which may be slow.
        self._untried = sorted(known, key=lambda bug: bug.on_reference)
        places = {bug.name: place for place, bug in enumerate(known)}
        self._tried: list[Tried] = []

        def found(part: float) -> list[RootCause]:
            self._try_known(self._budget.part(part))
            likeliest = sorted(self._tried, key=lambda item: places[item[0][0].name])
            return self._trials.explaining(likeliest)

        if found(_FIRST):
            return found(1 / 2)
        if repaired := self._repairs():
            return found(1) + repaired
        # The other half is for pairs.
        return found(1 / 2) or self._trials.explaining(self._try_pairs(known))

    def _try_known(self, budget: Budget) -> None:
        """Try the known bugs that were not tried yet."""
        found, count = self._trials.of_each(self._untried, complete=False, budget=budget)
        self._tried += found
        del self._untried[:count]
        self.known_left = len(self._untried)

    def _repairs(self) -> list[RootCause]:
        """Return the other calls in place of the candidate's own that explain it."""
        repeated = made_repeatedly(self._calls)
        bugs = sorted(
            generate_repairs(self._calls, self._runs.numbers),
            key=lambda bug: (not is_among(bug, self._parted), rank_of(bug)),
        )
        together = [bug for bug in bugs if not is_among(bug, repeated)]
        alone = [bug for bug in bugs if is_among(bug, repeated)]
        # Where runs are slow, the other half is for what the reference computes.
        found, left = self._try_repairs(together, 1 / 2)
        if not found and not left:
            found = self._trials.explaining_a_part(self._moves(together))
        if found := found or self._statements.likeliest():
            return found
        if found := self._try_grafts():
            return self._written_shorter(found[0]) or found
        if found := self._statements.others():
            return found
        self._repairs_left -= len(left)
        return self._try_repairs([*left, *alone])[0]

    @cached_property
    def _calls(self) -> list[Recorded]:
        return recorded_calls(self._runs)

    def _parted_lines(self) -> list[Line]:
        """Return the lines of the first calls that part from the reference."""
        parted = [call.written for call in self._calls if (call.kind, call.number) in self._parted]
        places = [written.called for written in parted if written and written.called]
        return [(place.file, place.line) for place in places]

    @cached_property
    def _lined_up(self) -> LinedUp | None:
        """Return both sides operation by operation, if they show theirs."""
        return line_up(
            self._runs.pair, self._runs.task, self._runs.dtype, self._runs.candidate_constants
        )

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
            found: list[Tried] = [] if errors is None else [((grafted.bug,), errors)]
            if causes := self._trials.explaining_a_part(found):
                self.grafted, self._bypasses = grafted.calls, grafted.bypasses
                return causes
        return []

    def _written_shorter(self, cause: RootCause) -> list[RootCause]:
        """Return a statement that does what the graft of a cause does, unless that is as short."""
        if not self._bypasses and self._can_be_written(cause):
            return []
        found = self._statements.writing()
        self.grafted = () if found else self.grafted
        return found

    def _can_be_written(self, cause: RootCause) -> bool:
        """Return whether there is a patch for a cause."""
        with suppress(CannotWriteError):
            make_patch(cause, [*self._calls, *self.grafted])
            return True
        return False

    def written(self, cause: RootCause) -> RootCause:
        """Return a cause with a statement that repairs it, if there is no patch for it yet."""
        in_code = any(isinstance(bug.change, PatchedCode) for bug in cause.known_bugs)
        if in_code or self.grafted or self._can_be_written(cause):
            return cause
        found = self._statements.writing()
        return replace(cause, repair=found[0].known_bugs[0]) if found else cause

    def _try_repairs(
        self, bugs: Sequence[KnownBug], part: float = 1
    ) -> tuple[list[RootCause], Sequence[KnownBug]]:
        """Return what repairs explain, and those that time did not suffice for."""
        budget = self._budget.part(part)
        found, count = self._trials.of_each(bugs, complete=True, budget=budget)
        self.repairs_tried += count
        self._repairs_left += len(bugs) - count
        self._partial += found
        return self._trials.explaining_a_part(found), bugs[count:]

    def _moves(self, bugs: Sequence[KnownBug]) -> list[Tried]:
        """Try each function or epsilon left out in one place and applied in another."""
        found: list[Tried] = []
        for one, other in (*moved(bugs), *over_the_same_axes(bugs)):
            if self._budget.over:
                self._repairs_left += 1
                continue
            self.repairs_tried += 1
            self._budget.say(f"{one.name} and {other.name}")
            errors = self._runs.try_hypothesis((one, other))
            if errors is not None:
                found.append(((one, other), errors))
        return found

    def _try_pairs(self, known: Sequence[KnownBug]) -> list[Tried]:
        """Try the bugs and repairs that explain a part, with one another and with any repair."""
        runs, before = self._runs, _severity(self._runs.errors)
        alone = self._trials.of_each(known, complete=True)[0] + self._partial
        helpful = sorted(alone, key=lambda item: _severity(item[1]))[:PAIRED]
        bugs = [hypothesis[0] for hypothesis, errors in helpful if _severity(errors) < before]
        others = [hypothesis[0] for hypothesis, _ in self._partial]
        pairs = [
            *combinations(bugs, 2),
            *((one, other) for one in bugs[:_BEST] for other in others if other not in bugs),
        ]
        tried: list[Tried] = []
        for number, (one, other) in enumerate(pairs):
            if self._budget.over:
                self._repairs_left += len(pairs) - number
                break
            if of_one_call(one, other):
                continue
            self._budget.say(f"{one.name} and {other.name}")
            if (errors := runs.try_hypothesis((one, other))) is not None:
                tried.append(((one, other), errors))
        return tried


def _severity(errors: Errors) -> tuple[int, float]:
    """Return how many outputs are wrong, and the sum of their errors, each at most 1e6."""
    wrong = [min(error, 1e6) for error in errors.values() if error > FLOAT32_CONSTANTS]
    return len(wrong), sum(wrong)
