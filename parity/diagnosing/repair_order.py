"""Order in which repairs are tried, and those that go together or exclude one another."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from parity.declaring.frameworks import Recorded
from parity.declaring.known_bug import KnownBug, OtherOperation
from parity.diagnosing.fewest_calls import A_NUMBER
from parity.known_bugs.operations import written_once

# Reductions that a normalization makes over the same axes.
_MOMENTS = {"mean", "sum", "std", "var"}
# Axes of which there are many orders, counted by their commas.
_MANY_AXES = 4
# Of ways that call a layer which the candidate has and does not use.
_OF_ITS_OWN = "self."
# Functions that are forgotten more often than others.
_FORGOTTEN = ("relu", "sigmoid", "tanh", "softmax", "log_softmax")


def made_repeatedly(calls: list[Recorded]) -> set[tuple[str, int | None]]:
    """Return the calls of functions that one expression makes several times.

    What is wrong with it is wrong each time, unless its arguments say otherwise.
    """
    return {
        (call.kind, call.number)
        for same in written_once(calls).values()
        for call in same
        if call.written is not None and not call.written.module
    }


def is_among(bug: KnownBug, calls: set[tuple[str, int | None]]) -> bool:
    """Return whether a bug is in one of some calls."""
    return isinstance(bug.change, OtherOperation) and (bug.change.kind, bug.change.index) in calls


def rank_of(bug: KnownBug) -> int:
    """Return when a bug is tried: 0 for the likeliest."""
    return _rank(bug.change.way) if isinstance(bug.change, OtherOperation) else 0


def _rank(way: str) -> int:
    """Return when a repair is tried: 0 for the likeliest, more where there are many of its kind."""
    if _OF_ITS_OWN in way:
        return 0
    if way.endswith(A_NUMBER):
        return 0 if way.startswith("with ") else 2
    if way.startswith(("as a ", "followed by ")):
        return 1 if way.removeprefix("followed by ") in _FORGOTTEN else 3
    many = way.startswith("by [") and way.count(",") >= _MANY_AXES
    return 3 if many or " in place of its " in way else 1


def moved(bugs: Sequence[KnownBug]) -> Iterator[tuple[KnownBug, KnownBug]]:
    """Yield the pairs of bugs that leave a function out, and apply the same one elsewhere.

    An epsilon left out of a sum may be added beside a root instead, or beneath it.
    """
    for one in bugs:
        left = one.change
        if not isinstance(left, OtherOperation) or left.way != "left out" or left.index is None:
            continue
        for other in bugs:
            behind = other.change
            if not isinstance(behind, OtherOperation) or behind.index is None:
                continue
            words = behind.way.removeprefix("followed by ").split()
            applied = behind.way.startswith("followed by ") and words[0] == left.kind
            if applied or (" moved be" in behind.way and f"other={words[1]} " in one.where):
                yield one, other


def over_the_same_axes(bugs: Sequence[KnownBug]) -> Iterator[tuple[KnownBug, KnownBug]]:
    """Yield the pairs of reductions of two kinds over the same other axes, as of moments."""
    over = [bug for bug in bugs if rank_of(bug) == 1 and " over ax" in bug.what]
    for one, other in combinations(over, 2):
        first, second = one.change, other.change
        assert isinstance(first, OtherOperation)
        assert isinstance(second, OtherOperation)
        apart = first.kind != second.kind and {first.kind, second.kind} <= _MOMENTS
        if apart and first.way == second.way:
            yield one, other


def of_one_call(one: KnownBug, other: KnownBug) -> bool:
    """Return whether two bugs are in the same call, which can only have one of them."""
    first, second = one.change, other.change
    if not isinstance(first, OtherOperation) or not isinstance(second, OtherOperation):
        return False
    same = first.index == second.index or None in (first.index, second.index)
    apart = first.among and second.among and not set(first.among) & set(second.among)
    return first.kind == second.kind and same and not apart
