"""Search for other statements of the candidate's that explain a mismatch."""

from collections.abc import Callable, Sequence
from functools import cached_property

from parity.declaring.known_bug import KnownBug
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.statements.generate import Line, generate_pairs, generate_statements
from parity.diagnosing.trials import Trials

# The part of the time for the statement that a known cause is written in, and the ranks tried.
_WRITTEN, _RANKS_WRITTEN = 1 / 4, 3
# The most pairs of changes that are tried of each statement.
_MOST_PAIRS = 150


class StatementSearch:
    """Search among the statements of the functions that the candidate enters.

    `tried` counts them; `left` those that time did not suffice for, and that might be the cause.

    Args:
        trials: makes the runs.
        near: returns the lines of calls that part from the reference, which takes a run of both
            sides: functions with one of them come first.
    """

    def __init__(self, trials: Trials, near: Callable[[], Sequence[Line]]) -> None:
        self._trials, self._near = trials, near
        self.tried, self.left, self._begun = 0, 0, False

    @cached_property
    def _groups(self) -> list[list[KnownBug]]:
        """Return other statements, the likeliest first, in groups of one rank."""
        runs = self._trials.runs
        near, of_gradients = self._near(), runs.values_agree
        return generate_statements(runs.pair, runs.task, runs.dtype, near, of_gradients) or [[]]

    def likeliest(self) -> list[RootCause]:
        """Return what the commonest slips explain."""
        self._begun = True
        return self._try(self._groups[0])

    def others(self) -> list[RootCause]:
        """Return what the first rank of rarer ones explains that explains anything, or pairs."""
        return self._first(self._groups[1:]) or self._try(self._pairs)

    @cached_property
    def _pairs(self) -> list[KnownBug]:
        """Return two changes of one statement at a time, of those first that are near."""
        return list(generate_pairs(self._groups[0], _MOST_PAIRS))

    def writing(self) -> list[RootCause]:
        """Return a statement that does what was found otherwise, in a part of the time."""
        likeliest, *others = self._groups[:_RANKS_WRITTEN]
        groups = [likeliest, *others[:1], self._pairs, *others[1:]]
        return self._first([*groups[self._begun :]], self._trials.budget.part(_WRITTEN))

    def _first(
        self, groups: Sequence[Sequence[KnownBug]], budget: Budget | None = None
    ) -> list[RootCause]:
        return next((found for group in groups if (found := self._try(group, budget))), [])

    def _try(self, bugs: Sequence[KnownBug], budget: Budget | None = None) -> list[RootCause]:
        """Return what statements explain; those left count unless they had a budget of their own.

        A cause is known then, and they only write it otherwise.
        """
        found, count = self._trials.of_each(bugs, complete=False, budget=budget)
        self.tried += count
        self.left += len(bugs) - count if budget is None else 0
        return self._trials.explaining(found)
