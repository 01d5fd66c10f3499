"""Finds the map under which most of the two models agrees, and what else would do as well.

Layers are first paired by what the outputs say of their weights, by name, and in the order in which
they are called. Then every other possibility is tried, one at a time and, where nothing agrees yet,
two at a time.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations

from parity.proposing.option import Option
from parity.proposing.probing import Probe, Tried
from parity.proposing.units import Unit, options, same_name, singles, together, whole

# Beyond so many runs of the candidate, or seconds, the search ends, and says so.
RUNS, SECONDS = 4000, 90.0


@dataclass(frozen=True)
class Choice:
    """One unit of the reference, the candidate's unit that holds it, and which of its options."""

    reference: Unit
    candidate: Unit
    options: tuple[Option, ...]
    chosen: int = 0

    @property
    def option(self) -> Option:
        """The one chosen."""
        return self.options[self.chosen]


Plan = tuple[Choice, ...]


@dataclass(frozen=True)
class Move:
    """A plan that differs from another in the choices of these numbers, and how, in words."""

    plan: Plan
    changed: tuple[int, ...]
    what: str


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
        self.joined = together(reference.parts, candidate.parts)
        units = [*whole(candidate.parts), *self.joined]
        self.by_members = {unit.members: unit for unit in units}
        self.plan = self._paired(whole(reference.parts), units)
        taken = {name for choice in self.plan for name in choice.option.names}
        held = {key for choice in self.plan for key in choice.option.keys}
        self.plan += self._paired(singles(reference.parts, taken), singles(candidate.parts, held))
        self.spare = self._spare()

    def _paired(self, reference: list[Unit], candidate: list[Unit]) -> Plan:
        """Each unit of the reference with the likeliest that is free; without one, left out."""
        free = list(candidate)
        found: list[Choice] = []
        # Those with the fewest possibilities first, so that nobody takes another's only one; and
        # before them what only two layers together can be.
        ways = {id(u): [c for c in free if options(u, c)] for u in reference}

        def urgency(unit: Unit) -> tuple[bool, int, int]:
            able = ways[id(unit)]
            return (not able or any(len(u.members) == 1 for u in able), len(able), unit.order)

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
            not self.alike(reference, candidate),
            len(candidate.members),
            not same_name(*names),
            not same_name(*paths),
            candidate.order,
        )

    def alike(self, reference: Unit, candidate: Unit) -> bool:
        """Whether the same of the model's outputs follow both."""
        mine, theirs = self.influences
        return reference.influence(mine) == candidate.influence(theirs)

    def _spare(self) -> list[Unit]:
        """The candidate's units that nothing is paired with."""
        held = {key for choice in self.plan for key in choice.option.keys}
        return singles(self.probe.surveys[1].parts, held)

    def run(self) -> Found:
        """Search, then try everything that differs from the best plan in one thing."""
        tried = self._try(self.plan)
        plan, tried = self._climbed(self.plan, tried)
        found = Found(plan, tried)
        for move in self._moves(plan):
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
        first = [move for move in self._moves(plan) if _new(move.plan, seen)]
        yield from first
        for one in first:
            for other in self._moves(one.plan):
                if _new(other.plan, seen):
                    changed = tuple({*one.changed, *other.changed})
                    yield Move(other.plan, changed, f"{one.what}, {other.what}")

    def _done(self, tried: Tried) -> bool:
        return tried.score == self._full(tried)

    @staticmethod
    def _full(tried: Tried) -> int:
        return 2 * (len(tried.finals) + len(tried.stages))

    def _left(self) -> bool:
        return self.probe.runs < RUNS and time.monotonic() < self.until

    def _try(self, plan: Plan) -> Tried:
        return self.probe.try_map([(c.reference.part, c.candidate.part, c.option) for c in plan])

    def _moves(self, plan: Plan) -> Iterator[Move]:
        yield from self._otherwise(plan)
        yield from self._swaps(plan)
        yield from self._spares(plan)
        yield from self._exchanges(plan)
        yield from self._together(plan)
        yield from self._habits(plan)
        yield from self._regrouped(plan)

    def _otherwise(self, plan: Plan) -> Iterator[Move]:
        """One choice with another of its options."""
        for number, choice in enumerate(plan):
            for other in range(len(choice.options)):
                if other != choice.chosen:
                    said = ", ".join(w.transform for w in choice.options[other].weights)
                    yield _move(plan, {number: replace(choice, chosen=other)}, f"held as {said}")

    def _swaps(self, plan: Plan) -> Iterator[Move]:
        """Two choices with each other's units of the candidate."""
        for (i, one), (j, other) in combinations(enumerate(plan), 2):
            turned = self._moved(one, other.candidate), self._moved(other, one.candidate)
            if turned[0] and turned[1]:
                what = f"'{one.candidate.name}' and '{other.candidate.name}' exchanged"
                yield _move(plan, {i: turned[0], j: turned[1]}, what)

    def _spares(self, plan: Plan) -> Iterator[Move]:
        """One choice with a unit of the candidate that is free."""
        for number, choice in enumerate(plan):
            for unit in self.spare:
                moved = self._moved(choice, unit)
                if moved:
                    yield _move(plan, {number: moved}, f"'{unit.name}' in its place")

    def _moved(self, choice: Choice, unit: Unit) -> Choice | None:
        """The choice with another unit of the candidate; None if it cannot hold it.

        Nor where the outputs that follow the weights have told the two apart.
        """
        if self.alike(choice.reference, choice.candidate) and not self.alike(
            choice.reference, unit
        ):
            return None
        found = tuple(options(choice.reference, unit))
        return Choice(choice.reference, unit, found) if found else None

    def _exchanges(self, plan: Plan) -> Iterator[Move]:
        """All single weights of one layer with those of another."""
        parts: dict[str, list[int]] = {}
        for number, choice in enumerate(plan):
            if len(choice.reference.part.weights) > 1 and len(choice.reference.weights) == 1:
                parts.setdefault(choice.reference.part.path, []).append(number)
        for one, other in combinations(parts.values(), 2):
            changed: dict[int, Choice] = {}
            for i, j in zip(one, other, strict=False):
                a, b = (
                    self._moved(plan[i], plan[j].candidate),
                    self._moved(plan[j], plan[i].candidate),
                )
                if a and b:
                    changed |= {i: a, j: b}
            if len(changed) > 2:
                names = (plan[one[0]].candidate.name, plan[other[0]].candidate.name)
                yield _move(plan, changed, f"those of '{names[0]}' and '{names[1]}' exchanged")

    def _together(self, plan: Plan) -> Iterator[Move]:
        """All matrices whose layout is open, the other way: a layer has as a rule one habit."""
        open_ = {n: c for n, c in enumerate(plan) if len(c.options) == 2}
        if len(open_) > 1:
            turned = {n: replace(c, chosen=1 - c.chosen) for n, c in open_.items()}
            yield _move(plan, turned, "all matrices the other way")

    def _habits(self, plan: Plan) -> Iterator[Move]:
        """All layers with gates in one other order: a port writes them in one as a rule."""
        groups: dict[tuple[str, int], list[int]] = {}
        for number, choice in enumerate(plan):
            if len(choice.options) > 2:
                key = (choice.reference.part.kind, len(choice.options))
                groups.setdefault(key, []).append(number)
        for numbers in groups.values():
            for way in range(len(plan[numbers[0]].options)):
                turned = {n: replace(plan[n], chosen=way) for n in numbers if plan[n].chosen != way}
                if len(turned) > 1:
                    yield _move(plan, turned, "all gates in another order")

    def _regrouped(self, plan: Plan) -> Iterator[Move]:
        """One of two joined layers for another layer, which takes its place where it was."""
        for number, choice in enumerate(plan):
            for unit in self.joined if len(choice.candidate.members) == 2 else ():
                gained = unit.members - choice.candidate.members
                moved = self._moved(choice, unit) if len(gained) == 1 else None
                if moved is None:
                    continue
                what = f"'{unit.name}' in place of '{choice.candidate.name}'"
                holder = next((n for n, c in enumerate(plan) if c.candidate.members & gained), None)
                if holder is None:
                    yield _move(plan, {number: moved}, what)
                    continue
                lost, held = choice.candidate.members - unit.members, plan[holder].candidate
                left = self.by_members.get((held.members - gained) | lost)
                whole_layer = self.by_members.get(held.members) == held
                other = self._moved(plan[holder], left) if left and whole_layer else None
                if other:
                    yield _move(plan, {number: moved, holder: other}, what)


def _move(plan: Plan, changed: dict[int, Choice], what: str) -> Move:
    found = tuple(changed.get(number, choice) for number, choice in enumerate(plan))
    return Move(found, tuple(changed), what)


def _signature(plan: Plan) -> tuple[tuple[str, int], ...]:
    return tuple((choice.candidate.name, choice.chosen) for choice in plan)


def _new(plan: Plan, seen: set[tuple[tuple[str, int], ...]]) -> bool:
    """Whether a plan is not among those seen; it is then."""
    signature = _signature(plan)
    if signature in seen:
        return False
    seen.add(signature)
    return True
