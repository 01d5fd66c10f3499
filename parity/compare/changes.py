"""Two checks -> what got worse, what better, what is new, what is gone.

Verdicts are ordered from best to worst as in `Verdict`, but for the two that pass: between them a
case changes, and is no worse for it. An error of an output that passes in both is held to grow if
it is more than GROWTH times what it was, both as shares of what was allowed. A share below USUAL
counts as USUAL, as errors there are one draw of rounding beside another: so nothing grows that
stays below half of what is allowed.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from parity.compare.documents import Case, Document, Key, Output, in_line
from parity.errors import ParityError
from parity.judging import oracle
from parity.judging.verdict import Verdict

# Another order of summation changes the largest error in a tensor by a factor of 2 to 3 (as in
# parity.judging.oracle); 4 is the next power of two.
GROWTH = 4.0
# The share of its bound that an error has which is no larger than the reference's own.
USUAL = 1 / oracle.ROUNDING_FACTOR


class Kind(StrEnum):
    """What became of a case; `gone` was asked for and is missing, `left out` was not asked for."""

    WORSE = "worse"
    GONE = "gone"
    BETTER = "better"
    CHANGED = "changed"
    NEW = "new"
    LEFT_OUT = "left out"

    @property
    def bad(self) -> bool:
        """Whether somebody should look."""
        return self in (Kind.WORSE, Kind.GONE)


@dataclass(frozen=True)
class Change:
    """One case that is not as it was, with the case before and after; None where there is none."""

    key: Key
    kind: Kind
    before: Case | None
    after: Case | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changes:
    """All that changed.

    Args:
        before: the earlier check.
        after: the later one.
        settings: what the two were run with or on, where it differs: name, before, after.
        cases: the cases that are not as they were, in the order of the later check, gone ones last.
        same: how many are as they were.
    """

    before: Document
    after: Document
    settings: tuple[tuple[str, str, str], ...]
    cases: tuple[Change, ...]
    same: int

    @property
    def counts(self) -> dict[str, int]:
        """How many cases of each kind, in the order of Kind, zeros left out, and the same ones."""
        found = Counter(change.kind for change in self.cases)
        told = {str(kind): found[kind] for kind in Kind if found[kind]}
        return {**told, "same": self.same}

    @property
    def exit_code(self) -> int:
        """1 if something got worse, 0 if not."""
        return int(any(change.kind.bad for change in self.cases))


def compare(before: Document, after: Document) -> Changes:
    """What changed from one check to the other; ParityError if they have no case in common."""
    if not before.cases.keys() & after.cases.keys():
        named = [f"{document.path} ({in_line(document.port)})" for document in (before, after)]
        raise ParityError(f"{' and '.join(named)} have no case in common")
    found = [_judge(key, before, after) for key in after.cases]
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
    asked = after.selection
    wanted = (
        (not asked.layers or layer in asked.layers)
        and (not asked.configs or any(fnmatchcase(config, p) for p in asked.configs))
        and mode in asked.modes
    )
    return Change(key, Kind.GONE if wanted else Kind.LEFT_OUT, before.cases[key], None)


def _judge(key: Key, before: Document, after: Document) -> Change | None:
    now = after.cases[key]
    if key not in before.cases:
        if now.verdict.passes:
            return Change(key, Kind.NEW, None, now)
        return Change(key, Kind.WORSE, None, now, ("new, and does not pass", *_said(now)))
    was = before.cases[key]
    gradients = before.selection.gradients and after.selection.gradients
    found = [_step("", was.verdict, now.verdict, _said(now)), *_outputs(was, now, gradients)]
    moves = [move for move in found if move is not None]
    for kind in (Kind.WORSE, Kind.BETTER, Kind.CHANGED):
        if any(move[0] is kind for move in moves):
            reasons = [reason for of, reason in moves if reason and of is kind]
            return Change(key, kind, was, now, tuple(reasons))
    return None


_Move = tuple[Kind, str]


def _said(case: Case) -> tuple[str, ...]:
    """Why a case does not pass, where none of its outputs says it."""
    return () if case.verdict.passes or case.outputs else case.notes


def _rank(verdict: Verdict) -> int:
    return 0 if verdict.passes else list(Verdict).index(verdict)


def _step(name: str, was: Verdict, now: Verdict, said: tuple[str, ...]) -> _Move | None:
    """How a verdict moved; nothing if it did not. A case has no name, and its row the verdicts."""
    if was is now:
        return None
    more = _rank(now) - _rank(was)
    kind = Kind.WORSE if more > 0 else Kind.BETTER if more < 0 else Kind.CHANGED
    why = ": ".join(said) if kind is Kind.WORSE else ""
    moved = f"{name}: {was} -> {now}" if name else ""
    return kind, ": ".join(filter(None, [moved, why]))


def _outputs(was: Case, now: Case, gradients: bool) -> list[_Move | None]:
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
            moves.append((Kind.WORSE, f"{name}: no longer there to be compared"))
        elif old.verdict.passes and new.verdict.passes:
            # A small output is the same to the bit or not by luck; where the case is as it was,
            # that is not told.
            if was.verdict is not now.verdict:
                moves.append(_step(name, old.verdict, new.verdict, ()))
            moves += _growth(name, old, new)
        else:
            moves.append(_step(name, old.verdict, new.verdict, (new.reason,)))
    return moves


def _growth(name: str, old: Output, new: Output) -> list[_Move | None]:
    return [
        _error(f"{name}: float64 difference", old.logic, new.logic),
        _error(f"{name}: float32 error", old.rounding, new.rounding),
    ]


def _error(what: str, was: float | None, now: float | None) -> _Move | None:
    """How an error moved, from one share of its bound to another."""
    if was is None or now is None:
        return None
    text = f"{what} is {now:.0%} of what is allowed, was {was:.0%}"
    if now > GROWTH * max(was, USUAL):
        return Kind.WORSE, text
    return (Kind.BETTER, text) if was > GROWTH * max(now, USUAL) else None
