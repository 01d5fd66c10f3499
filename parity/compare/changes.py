"""Changes between two checks: which cases are worse, better, new or gone.

Verdicts are ordered from best to worst as in `Verdict`, except for the two that pass: a case that
moves between them has changed, but is not worse. The error of an output that passes in both checks
has grown if it is more than GROWTH times the earlier one, both as shares of their bounds. A share
below USUAL counts as USUAL, since such small errors are mere samples of rounding: an error below
half of its bound never counts as grown.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from parity.compare.documents import Case, Document, Key, printable
from parity.errors import ParityError
from parity.judging import oracle
from parity.judging.verdict import Verdict

# Another order of summation changes the largest error in a tensor by a factor of 2 to 3 (as in
# parity.judging.oracle); 4 is the next power of two.
GROWTH = 4.0
# Share of its bound that an error takes up if it is as large as the reference's own.
USUAL = 1 / oracle.ROUNDING_FACTOR


class Kind(StrEnum):
    """Kind of change; `gone` cases were selected but are missing, `left out` were not selected."""

    WORSE = "worse"
    GONE = "gone"
    BETTER = "better"
    CHANGED = "changed"
    NEW = "new"
    LEFT_OUT = "left out"

    @property
    def bad(self) -> bool:
        """Return True if the change makes the comparison fail."""
        return self in (Kind.WORSE, Kind.GONE)


@dataclass(frozen=True)
class Change:
    """Change of one case, with the case before and after; None where it does not exist."""

    key: Key
    kind: Kind
    before: Case | None
    after: Case | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changes:
    """All changes between two checks.

    Args:
        before: the earlier check.
        after: the later one.
        settings: settings and versions that differ: name, before, after.
        cases: the changed cases, in the order of the later check, missing ones last.
        same: the number of unchanged cases.
    """

    before: Document
    after: Document
    settings: tuple[tuple[str, str, str], ...]
    cases: tuple[Change, ...]
    same: int

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of cases of each kind that occurs, and of the same ones."""
        found = Counter(change.kind for change in self.cases)
        return {**{str(kind): found[kind] for kind in Kind if found[kind]}, "same": self.same}

    @property
    def exit_code(self) -> int:
        """Return 1 if a case is worse or gone, else 0."""
        return int(any(change.kind.bad for change in self.cases))


def compare(before: Document, after: Document) -> Changes:
    """Return the changes from one check to another; raise ParityError if they share no case."""
    if not before.cases.keys() & after.cases.keys():
        named = [f"{document.path} ({printable(document.port)})" for document in (before, after)]
        raise ParityError(f"{' and '.join(named)} have no case in common")
    found = [_compare_case(key, before, after) for key in after.cases]
    found += [_missing(key, before, after) for key in before.cases if key not in after.cases]
    names = dict.fromkeys([*before.settings, *after.settings])
    settings = [(n, before.settings.get(n, "none"), after.settings.get(n, "none")) for n in names]
    changed = tuple(change for change in found if change is not None)
    return Changes(
        before,
        after,
        tuple(setting for setting in settings if setting[1] != setting[2]),
        changed,
        len(found) - len(changed),
    )


def _missing(key: Key, before: Document, after: Document) -> Change:
    layer, config, mode = key
    selection = after.selection
    selected = (
        (not selection.layers or layer in selection.layers)
        and (not selection.configs or any(fnmatchcase(config, p) for p in selection.configs))
        # In training, a layer is run by itself.
        and ("isolated" if mode == "training" else mode) in selection.modes
        and (mode != "training" or selection.training is not False)
    )
    return Change(key, Kind.GONE if selected else Kind.LEFT_OUT, before.cases[key], None)


def _compare_case(key: Key, before: Document, after: Document) -> Change | None:
    now = after.cases[key]
    if key not in before.cases:
        if now.verdict.passes:
            return Change(key, Kind.NEW, None, now)
        return Change(key, Kind.WORSE, None, now, ("new, and does not pass", *_notes(now)))
    was = before.cases[key]
    gradients = before.selection.gradients and after.selection.gradients
    found = [
        _verdict_move("", was.verdict, now.verdict, _notes(now)),
        *_output_moves(was, now, gradients),
    ]
    moves = [move for move in found if move is not None]
    for kind in (Kind.WORSE, Kind.BETTER, Kind.CHANGED):
        if any(move[0] is kind for move in moves):
            reasons = [reason for of, reason in moves if reason and of is kind]
            return Change(key, kind, was, now, tuple(reasons))
    return None


_Move = tuple[Kind, str]
"""Kind of one change within a case, and its description."""


def _notes(case: Case) -> tuple[str, ...]:
    """Return why a case does not pass, where no output says so."""
    return () if case.verdict.passes or case.outputs else case.notes


def _rank(verdict: Verdict) -> int:
    return 0 if verdict.passes else list(Verdict).index(verdict)


def _verdict_move(name: str, was: Verdict, now: Verdict, notes: tuple[str, ...]) -> _Move | None:
    """Return how a verdict changed, None if it did not.

    A case has the name "", as the row of its table shows the verdicts already.
    """
    if was is now:
        return None
    more = _rank(now) - _rank(was)
    kind = Kind.WORSE if more > 0 else Kind.BETTER if more < 0 else Kind.CHANGED
    why = ": ".join(notes) if kind is Kind.WORSE else ""
    moved = f"{name}: {was} -> {now}" if name else ""
    return kind, ": ".join(filter(None, [moved, why]))


def _output_moves(was: Case, now: Case, gradients: bool) -> list[_Move | None]:
    if not was.outputs or not now.outputs:
        return []
    moves: list[_Move | None] = []
    for name in dict.fromkeys([*was.outputs, *now.outputs]):
        if name.startswith("grad/") and not gradients:
            continue
        old, new = was.outputs.get(name), now.outputs.get(name)
        if old is None:
            assert new is not None
            kind = Kind.CHANGED if new.verdict.passes else Kind.WORSE
            moves.append((kind, f"{name}: new, {new.verdict}"))
        elif new is None:
            moves.append((Kind.WORSE, f"{name}: no longer compared"))
        elif old.verdict.passes and new.verdict.passes:
            # Whether a small output agrees bit for bit is chance: it is mentioned only if the
            # whole case has changed.
            if was.verdict is not now.verdict:
                moves.append(_verdict_move(name, old.verdict, new.verdict, ()))
            moves += [
                _error_move(f"{name}: float64 difference", old.logic, new.logic),
                _error_move(f"{name}: float32 error", old.rounding, new.rounding),
            ]
        else:
            moves.append(_verdict_move(name, old.verdict, new.verdict, (new.reason,)))
    return moves


def _error_move(what: str, was: float | None, now: float | None) -> _Move | None:
    """Return how an error changed, from one share of its bound to another; None if it did not."""
    if was is None or now is None:
        return None
    text = f"{what} is {now:.0%} of its bound, was {was:.0%}"
    if now > GROWTH * max(was, USUAL):
        return Kind.WORSE, text
    return (Kind.BETTER, text) if was > GROWTH * max(now, USUAL) else None
