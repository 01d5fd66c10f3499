"""Plans that assign the candidate's units to the reference's, and changes to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import prod

from parity.arrays import Arrays
from parity.init.branches import branches
from parity.init.images import returned_channels
from parity.init.layouts import Layout
from parity.init.names import same_names
from parity.init.units import Influence, Unit, unit_layouts
from parity.runners.whole_models import WeightedLayer


@dataclass(frozen=True)
class Choice:
    """One unit of the reference, its unit in the candidate, and the layout of the two."""

    reference: Unit
    candidate: Unit
    layouts: tuple[Layout, ...]
    chosen: int = 0

    @property
    def layout(self) -> Layout:
        """Return the layout that is chosen."""
        return self.layouts[self.chosen]

    @property
    def names(self) -> tuple[str, str]:
        """Return the names of both units: of layers, or of weights where these are single."""
        single = len(self.reference.layer.weights) > len(self.reference.weights)
        if single or len(self.candidate.layer.weights) > len(self.candidate.weights):
            return self.reference.weights[0].name, self.candidate.weights[0].name
        return self.reference.layer.path, self.candidate.layer.path

    @property
    def named_alike(self) -> bool:
        """Return whether both sides have the same name for it."""
        return same_names(*self.names)


Plan = tuple[Choice, ...]


@dataclass(frozen=True)
class Change:
    """A plan that differs from another in the choices of these numbers; `what` says how."""

    plan: Plan
    changed: tuple[int, ...]
    what: str


class PlanChanges:
    """All single changes to a plan, each of which may affect several choices.

    Args:
        influence: which outputs depend on a weight of either side, by its name.
        units: the candidate's layers, single ones and two joined.
        composites: the candidate's modules made of several layers.
        expected: inputs of the reference's layers, by "<path>/input".

    `spare` holds the candidate's weights that the first plan leaves unused.
    """

    def __init__(
        self,
        influence: Influence,
        units: list[Unit],
        composites: Sequence[WeightedLayer],
        expected: Arrays,
    ) -> None:
        self._influence, self._composites, self._expected = influence, composites, expected
        self._by_members = {unit.members: unit for unit in units}
        self._joined = [unit for unit in units if len(unit.members) == 2]
        self._layouts: dict[tuple[str, frozenset[str], str, frozenset[str]], tuple[Layout, ...]]
        self._layouts = {}
        self.spare: list[Unit] = []

    def same_influence(self, reference: Unit, candidate: Unit) -> bool:
        """Return whether the same outputs of the model depend on both."""
        return reference.influence(self._influence) == candidate.influence(self._influence)

    def of(self, plan: Plan) -> Iterator[Change]:
        """Yield every change of a plan."""
        yield from self._other_layouts(plan)
        yield from self._swapped_units(plan)
        yield from self._spare_units(plan)
        yield from self._swapped_layers(plan)
        yield from self._transposed_matrices(plan)
        yield from self._gate_orders(plan)
        yield from self._image_orders(plan)
        yield from self._regrouped_pairs(plan)
        yield from self._swapped_branches(plan)

    def _other_layouts(self, plan: Plan) -> Iterator[Change]:
        """Change the layout of one choice."""
        for number, choice in enumerate(plan):
            for other in range(len(choice.layouts)):
                if other != choice.chosen:
                    how = ", ".join(w.transform for w in choice.layouts[other].weights)
                    yield _change(plan, {number: replace(choice, chosen=other)}, f"layout {how}")

    def _swapped_units(self, plan: Plan) -> Iterator[Change]:
        """Swap the candidate's units of two choices."""
        for (i, one), (j, other) in combinations(enumerate(plan), 2):
            swapped = self.swapped(one, other)
            if swapped is None:
                continue
            what = f"'{one.candidate.name}' and '{other.candidate.name}' swapped"
            yield _change(plan, {i: swapped[0], j: swapped[1]}, what)
            if any(choice.chosen for choice in swapped):
                plain = [replace(choice, chosen=0) for choice in swapped]
                yield _change(
                    plan, {i: plain[0], j: plain[1]}, f"{what}, each in its plainest layout"
                )

    def swapped(self, one: Choice, other: Choice) -> tuple[Choice, Choice] | None:
        """Swap the units of two choices, their layouts kept; None if one of them does not fit."""
        first = self._with_unit(one, other.candidate, other.chosen)
        second = self._with_unit(other, one.candidate, one.chosen)
        return (first, second) if first and second else None

    def _spare_units(self, plan: Plan) -> Iterator[Change]:
        """Give one choice an unused unit of the candidate."""
        for number, choice in enumerate(plan):
            for unit in self.spare:
                moved = self._with_unit(choice, unit)
                if moved:
                    yield _change(plan, {number: moved}, f"'{unit.name}' in its place")

    def _with_unit(self, choice: Choice, unit: Unit, chosen: int = 0) -> Choice | None:
        """Return the choice with another unit of the candidate; None if that does not fit.

        It also does not fit if the two units would then no longer influence the same outputs.
        """
        reference = choice.reference
        found = self.layouts(reference, unit)
        if not found or self._loses_influence(choice, unit):
            return None
        return Choice(reference, unit, found, min(chosen, len(found) - 1)) if found else None

    def layouts(self, reference: Unit, candidate: Unit) -> tuple[Layout, ...]:
        """List how the candidate's unit may store the reference's; each pair is computed once."""
        key = (reference.name, reference.members, candidate.name, candidate.members)
        if key not in self._layouts:
            # Biases may be missing, but the largest weight needs a place.
            largest = max(prod(weight.shape) for weight in reference.weights)
            fits = largest <= sum(prod(weight.shape) for weight in candidate.weights)
            self._layouts[key] = tuple(unit_layouts(reference, candidate)) if fits else ()
        return self._layouts[key]

    def _loses_influence(self, choice: Choice, unit: Unit) -> bool:
        # Layers that are called have their influence on what follows; weights have to be tried.
        if choice.reference.layer.inputs and choice.candidate.layer.inputs and unit.layer.inputs:
            return False
        agreed = self.same_influence(choice.reference, choice.candidate)
        return agreed and not self.same_influence(choice.reference, unit)

    def _swapped_layers(self, plan: Plan) -> Iterator[Change]:
        """Swap all single weights of one layer with those of another."""
        layers: dict[str, list[int]] = {}
        for number, choice in enumerate(plan):
            if len(choice.reference.layer.weights) > 1 and len(choice.reference.weights) == 1:
                layers.setdefault(choice.reference.layer.path, []).append(number)
        for one, other in combinations(layers.values(), 2):
            changed: dict[int, Choice] = {}
            for i, j in zip(one, other, strict=False):
                swapped = self.swapped(plan[i], plan[j])
                if swapped:
                    changed |= {i: swapped[0], j: swapped[1]}
            if len(changed) > 2:
                names = (plan[one[0]].candidate.name, plan[other[0]].candidate.name)
                yield _change(
                    plan, changed, f"the weights of '{names[0]}' and '{names[1]}' swapped"
                )

    def _transposed_matrices(self, plan: Plan) -> Iterator[Change]:
        """Transpose all matrices with two possible layouts: a port usually treats them alike."""
        open_ = {n: c for n, c in enumerate(plan) if len(c.layouts) == 2}
        if len(open_) > 1:
            changed = {n: replace(c, chosen=1 - c.chosen) for n, c in open_.items()}
            yield _change(plan, changed, "all matrices transposed")

    def _image_orders(self, plan: Plan) -> Iterator[Change]:
        """Move the channels in all layers on flattened images of so many channels at once."""
        some = {returned_channels(layout) for choice in plan for layout in choice.layouts}
        for channels in sorted(some - {0}):
            changed = {}
            for number, choice in enumerate(plan):
                moved = [
                    n for n, x in enumerate(choice.layouts) if returned_channels(x) == channels
                ]
                if moved and choice.chosen not in moved:
                    changed[number] = replace(choice, chosen=moved[0])
            if len(changed) > 1:
                yield _change(plan, changed, f"all images with {channels} channels first")

    def _gate_orders(self, plan: Plan) -> Iterator[Change]:
        """Use another order of gates in all layers of a kind: a port usually has one order."""
        groups: dict[tuple[str, int], list[int]] = {}
        for number, choice in enumerate(plan):
            if len(choice.layouts) > 2:
                key = (choice.reference.layer.kind, len(choice.layouts))
                groups.setdefault(key, []).append(number)
        for numbers in groups.values():
            for way in range(len(plan[numbers[0]].layouts)):
                changed = {
                    n: replace(plan[n], chosen=way) for n in numbers if plan[n].chosen != way
                }
                if len(changed) > 1:
                    yield _change(plan, changed, "all gates in another order")

    def _regrouped_pairs(self, plan: Plan) -> Iterator[Change]:
        """Replace one of two joined layers; another choice that held the new one gets the old."""
        for number, choice in enumerate(plan):
            for unit in self._joined if len(choice.candidate.members) == 2 else ():
                gained = unit.members - choice.candidate.members
                moved = self._with_unit(choice, unit, choice.chosen) if len(gained) == 1 else None
                if moved is None:
                    continue
                what = f"'{unit.name}' in place of '{choice.candidate.name}'"
                holder = next((n for n, c in enumerate(plan) if c.candidate.members & gained), None)
                if holder is None:
                    yield _change(plan, {number: moved}, what)
                    continue
                lost, held = choice.candidate.members - unit.members, plan[holder].candidate
                left = self._by_members.get((held.members - gained) | lost)
                if left is None or self._by_members.get(held.members) != held:
                    continue
                other = self._with_unit(plan[holder], left, plan[holder].chosen)
                if other:
                    yield _change(plan, {number: moved, holder: other}, what)

    def _swapped_branches(self, plan: Plan) -> Iterator[Change]:
        """Swap two branches of several layers."""
        units = [(choice.reference, choice.candidate) for choice in plan]
        for paired in branches(units, self._composites, self._expected):
            swapped = [self.swapped(plan[i], plan[j]) for i, j in paired]
            changed = {
                number: choice
                for pair, both in zip(paired, swapped, strict=True)
                for number, choice in zip(pair, both or (), strict=False)
            }
            if all(swapped):
                i, j = paired[0]
                names = (plan[i].candidate.name, plan[j].candidate.name)
                what = f"the branches of '{names[0]}' and '{names[1]}' swapped"
                yield _change(plan, changed, what)


def _change(plan: Plan, changed: dict[int, Choice], what: str) -> Change:
    after = tuple(changed.get(number, choice) for number, choice in enumerate(plan))
    return Change(after, tuple(changed), what)
