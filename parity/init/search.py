"""Finds the map under which most of the two models agrees, and what else would do as well.

Layers are first paired by what the outputs say of their weights, by name, and in the order in which
they are called. Then every other possibility is tried, one at a time and, where nothing agrees yet,
two at a time.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from parity.init.moves import Choice, Move, Moves, Plan
from parity.init.probing import Probe, Tried
from parity.init.units import Unit, options, same_name, singles, together, whole

# Beyond so many runs of the candidate, or seconds, the search ends, and says so.
RUNS, SECONDS = 4000, 90.0


@dataclass
class Found:
    """The best plan, what it came to, and for each choice the moves that come to no less.

    `others` counts each choice's possibilities beside the one taken; `complete` says whether all
    were tried.
    """

    plan: Plan
    tried: Tried
    ties: dict[int, list[str]] = field(default_factory=dict)
    others: dict[int, int] = field(default_factory=dict)
    complete: bool = True


class Search:
    """One search on one probe."""

    def __init__(self, probe: Probe, say: Callable[[str], None] = lambda text: None) -> None:
        self.probe, self.say = probe, say
        self.influences = probe.influences()
        self.until = time.monotonic() + SECONDS
        reference, candidate = probe.surveys
        units = [*whole(candidate.parts), *together(reference.parts, candidate.parts)]
        self.moves = Moves(self.influences, units, candidate.frames, probe.expected)
        self.plan = self._paired(whole(reference.parts), units)
        taken = {name for choice in self.plan for name in choice.option.names}
        held = {key for choice in self.plan for key in choice.option.keys}
        self.plan += self._paired(singles(reference.parts, taken), singles(candidate.parts, held))
        held = {key for choice in self.plan for key in choice.option.keys}
        self.moves.spare = singles(candidate.parts, held)

    def _paired(self, reference: list[Unit], candidate: list[Unit]) -> Plan:
        """Each unit of the reference with the likeliest that is free; without one, left out."""
        free = list(candidate)
        found: list[Choice] = []
        ways = {id(u): [c for c in free if options(u, c)] for u in reference}
        shared = {name for able in ways.values() for c in _two(able) for name in c.members}

        def urgency(unit: Unit) -> tuple[bool, int, int]:
            # What two layers together can be is taken in the order of the calls, with all that
            # could be one of them. Then those with the fewest possibilities first, so that nobody
            # takes another's only one.
            able = ways[id(unit)]
            if any(c.members & shared for c in able):
                return (False, 0, unit.order)
            return (True, len(able), unit.order)

        for unit in sorted(reference, key=urgency):
            able = [other for other in ways[id(unit)] if other in free]
            if able:
                best = min(able, key=lambda other: self._distance(unit, other))
                free = [other for other in free if not other.members & best.members]
                found.append(Choice(unit, best, tuple(options(unit, best))))
        return tuple(sorted(found, key=lambda choice: choice.reference.order))

    def _distance(self, reference: Unit, candidate: Unit) -> tuple[bool, int, bool, bool, int]:
        paths = (reference.part.path, candidate.part.path)
        names = (reference.weights[0].name, candidate.weights[0].name)
        return (
            not self.moves.alike(reference, candidate),
            len(candidate.members),
            not same_name(*names),
            not same_name(*paths),
            candidate.order,
        )

    def run(self) -> Found:
        """Search, then try everything that differs from the best plan in one thing."""
        tried = self._try(self.plan)
        plan, tried = self._climbed(self.plan, tried)
        found = Found(plan, tried)
        for move in self.moves.of(plan):
            if not self._left():
                found.complete = False
                break
            for number in move.changed:
                found.others[number] = found.others.get(number, 0) + 1
            if self._try(move.plan).score >= tried.score:
                for number in move.changed:
                    found.ties.setdefault(number, []).append(move.what)
        return found

    def _climbed(self, plan: Plan, tried: Tried) -> tuple[Plan, Tried]:
        """Take what betters the plan until nothing does."""
        better = True
        while better and not self._done(tried) and self._left():
            better = False
            for move in self._steps(plan):
                if not self._left():
                    break
                after = self._try(move.plan)
                if after.score > tried.score:
                    plan, tried, better = move.plan, after, True
                    self.say(f"{move.what}: {after.score} of {self._full(after)} agree")
                    break
        return plan, tried

    def _steps(self, plan: Plan) -> Iterator[Move]:
        """All moves, then all that two make one after the other, no plan twice."""
        seen = {_signature(plan)}
        first = [move for move in self.moves.of(plan) if _new(move.plan, seen)]
        yield from first
        for one in first:
            for other in self.moves.of(one.plan):
                if _new(other.plan, seen):
                    changed = tuple({*one.changed, *other.changed})
                    yield Move(other.plan, changed, f"{one.what}, {other.what}")

    def _done(self, tried: Tried) -> bool:
        return tried.score == self._full(tried)

    @staticmethod
    def _full(tried: Tried) -> int:
        return 2 * (len(tried.finals) + len(tried.intermediates))

    def _left(self) -> bool:
        return self.probe.runs < RUNS and time.monotonic() < self.until

    def _try(self, plan: Plan) -> Tried:
        return self.probe.try_map([(c.reference.part, c.candidate.part, c.option) for c in plan])


def _two(units: list[Unit]) -> list[Unit]:
    """Those that are two layers joined."""
    return [unit for unit in units if len(unit.members) == 2]


def _signature(plan: Plan) -> tuple[tuple[frozenset[str], int], ...]:
    return tuple((choice.candidate.members, choice.chosen) for choice in plan)


def _new(plan: Plan, seen: set[tuple[tuple[frozenset[str], int], ...]]) -> bool:
    """Whether a plan is not among those seen; it is then."""
    signature = _signature(plan)
    if signature in seen:
        return False
    seen.add(signature)
    return True
