"""What differs from a plan in one thing: an option, an exchange, another grouping."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from parity.arrays import Arrays
from parity.init.branches import branches
from parity.init.option import Option
from parity.init.units import Influence, Unit, options
from parity.runners.survey import Part


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


class Moves:
    """All moves from a plan.

    Args:
        influences: which outputs follow each weight, on either side.
        units: the candidate's whole layers, and two joined.
        frames: the candidate's modules made of several layers.
        seen: inputs of the reference's layers, by "<path>/input".

    `spare` are the candidate's weights that the first plan leaves free.
    """

    def __init__(
        self,
        influences: tuple[Influence, Influence],
        units: list[Unit],
        frames: Sequence[Part],
        seen: Arrays,
    ) -> None:
        self.influences, self.frames, self.seen = influences, frames, seen
        self.by_members = {unit.members: unit for unit in units}
        self.joined = [unit for unit in units if len(unit.members) == 2]
        self.spare: list[Unit] = []

    def alike(self, reference: Unit, candidate: Unit) -> bool:
        """Whether the same of the model's outputs follow both."""
        mine, theirs = self.influences
        return reference.influence(mine) == candidate.influence(theirs)

    def of(self, plan: Plan) -> Iterator[Move]:
        """Each differs in one thing, though several choices may change by it."""
        yield from self._otherwise(plan)
        yield from self._swaps(plan)
        yield from self._spares(plan)
        yield from self._exchanges(plan)
        yield from self._together(plan)
        yield from self._habits(plan)
        yield from self._regrouped(plan)
        yield from self._branches(plan)

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
            turned = self._exchanged(one, other)
            if turned is None:
                continue
            what = f"'{one.candidate.name}' and '{other.candidate.name}' exchanged"
            yield _move(plan, {i: turned[0], j: turned[1]}, what)
            if any(choice.chosen for choice in turned):
                plain = [replace(choice, chosen=0) for choice in turned]
                yield _move(plan, {i: plain[0], j: plain[1]}, f"{what}, held otherwise")

    def _exchanged(self, one: Choice, other: Choice) -> tuple[Choice, Choice] | None:
        """Two choices with each other's units, held as they were; None if one cannot be."""
        first = self._moved(one, other.candidate, other.chosen)
        second = self._moved(other, one.candidate, one.chosen)
        return (first, second) if first and second else None

    def _spares(self, plan: Plan) -> Iterator[Move]:
        """One choice with a unit of the candidate that is free."""
        for number, choice in enumerate(plan):
            for unit in self.spare:
                moved = self._moved(choice, unit)
                if moved:
                    yield _move(plan, {number: moved}, f"'{unit.name}' in its place")

    def _moved(self, choice: Choice, unit: Unit, chosen: int = 0) -> Choice | None:
        """The choice with another unit of the candidate; None if it cannot hold it.

        Nor is there one where the outputs that follow the weights have told the two apart.
        """
        if self.alike(choice.reference, choice.candidate) and not self.alike(
            choice.reference, unit
        ):
            return None
        found = tuple(options(choice.reference, unit))
        return Choice(choice.reference, unit, found, min(chosen, len(found) - 1)) if found else None

    def _exchanges(self, plan: Plan) -> Iterator[Move]:
        """All single weights of one layer with those of another."""
        parts: dict[str, list[int]] = {}
        for number, choice in enumerate(plan):
            if len(choice.reference.part.weights) > 1 and len(choice.reference.weights) == 1:
                parts.setdefault(choice.reference.part.path, []).append(number)
        for one, other in combinations(parts.values(), 2):
            changed: dict[int, Choice] = {}
            for i, j in zip(one, other, strict=False):
                turned = self._exchanged(plan[i], plan[j])
                if turned:
                    changed |= {i: turned[0], j: turned[1]}
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
                moved = self._moved(choice, unit, choice.chosen) if len(gained) == 1 else None
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
                if left is None or not whole_layer:
                    continue
                other = self._moved(plan[holder], left, plan[holder].chosen)
                if other:
                    yield _move(plan, {number: moved, holder: other}, what)

    def _branches(self, plan: Plan) -> Iterator[Move]:
        """Two branches of several layers with each other."""
        units = [(choice.reference, choice.candidate) for choice in plan]
        for paired in branches(units, self.frames, self.seen):
            turned = [self._exchanged(plan[i], plan[j]) for i, j in paired]
            changed = {
                number: choice
                for pair, both in zip(paired, turned, strict=True)
                for number, choice in zip(pair, both or (), strict=False)
            }
            if all(turned):
                i, j = paired[0]
                names = (plan[i].candidate.name, plan[j].candidate.name)
                what = f"the branches of '{names[0]}' and '{names[1]}' exchanged"
                yield _move(plan, changed, what)


def _move(plan: Plan, changed: dict[int, Choice], what: str) -> Move:
    found = tuple(changed.get(number, choice) for number, choice in enumerate(plan))
    return Move(found, tuple(changed), what)
