"""Search for the map under which the models agree best, and for equally good maps.

Layers are first paired by which outputs depend on their weights, by name, and in the order of their
calls. Then every other possibility is tried, one change at a time and, while anything disagrees,
two at a time.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from parity.init.plan_changes import Change, Choice, Plan, PlanChanges
from parity.init.probe import Probe, Trial
from parity.init.units import (
    Unit,
    joined_units,
    layer_units,
    same_name,
    unit_layouts,
    weight_units,
)

# Limits of the search, in runs of the candidate and in seconds; exceeding one is reported.
_RUNS, _SECONDS = 4000, 90.0


@dataclass
class Found:
    """The best plan, its result, and for each of its choices the changes that do as well.

    `others` counts each choice's alternatives; `complete` says whether all were tried.
    """

    plan: Plan
    trial: Trial
    ties: dict[int, list[str]] = field(default_factory=dict)
    others: dict[int, int] = field(default_factory=dict)
    complete: bool = True


class Search:
    """One search on one probe."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.influences = probe.influences()
        self._deadline = time.monotonic() + _SECONDS
        reference, candidate = probe.reference, probe.candidate
        units = [
            *layer_units(candidate.layers),
            *joined_units(reference.layers, candidate.layers),
        ]
        self._changes = PlanChanges(self.influences, units, candidate.composites, probe.expected)
        self._plan = self._paired(layer_units(reference.layers), units)
        names = {name for choice in self._plan for name in choice.layout.names}
        self._plan += self._paired(
            weight_units(reference.layers, names), weight_units(candidate.layers, self._keys())
        )
        self._changes.spare = weight_units(candidate.layers, self._keys())

    def _keys(self) -> set[str]:
        return {key for choice in self._plan for key in choice.layout.keys}

    def _paired(self, reference: list[Unit], candidate: list[Unit]) -> Plan:
        """Pair each unit of the reference with the likeliest unused one, if one fits."""
        unused = list(candidate)
        found: list[Choice] = []
        fitting = {id(u): [c for c in unused if unit_layouts(u, c)] for u in reference}
        in_joined = {
            name
            for units in fitting.values()
            for unit in units
            if len(unit.members) == 2
            for name in unit.members
        }

        def urgency(unit: Unit) -> tuple[bool, int, int]:
            # Units that fit two joined layers are assigned in the order of the calls, along with
            # everything that fits one of the two. Then units with the fewest possibilities come
            # first, so that none takes the only possibility of another.
            fits = fitting[id(unit)]
            if any(other.members & in_joined for other in fits):
                return (False, 0, unit.order)
            return (True, len(fits), unit.order)

        for unit in sorted(reference, key=urgency):
            fits = [other for other in fitting[id(unit)] if other in unused]
            if fits:
                best = min(fits, key=lambda other: self._distance(unit, other))
                unused = [other for other in unused if not other.members & best.members]
                found.append(Choice(unit, best, tuple(unit_layouts(unit, best))))
        return tuple(sorted(found, key=lambda choice: choice.reference.order))

    def _distance(self, reference: Unit, candidate: Unit) -> tuple[bool, int, bool, bool, int]:
        paths = (reference.layer.path, candidate.layer.path)
        names = (reference.weights[0].name, candidate.weights[0].name)
        return (
            not self._changes.same_influence(reference, candidate),
            len(candidate.members),
            not same_name(*names),
            not same_name(*paths),
            candidate.order,
        )

    def run(self) -> Found:
        """Improve the plan as far as possible, then try every single change to it."""
        plan, trial = self._improved(self._plan)
        found = Found(plan, trial)
        for change in self._changes.of(plan):
            if not self._time_left():
                found.complete = False
                break
            for number in change.changed:
                found.others[number] = found.others.get(number, 0) + 1
            if self._try(change.plan).score >= trial.score:
                for number in change.changed:
                    found.ties.setdefault(number, []).append(change.what)
        return found

    def _improved(self, plan: Plan) -> tuple[Plan, Trial]:
        """Take the first change that improves the plan, again and again, until none does."""
        trial = self._try(plan)
        better = True
        while better and trial.score < trial.full_score and self._time_left():
            better = False
            for change in self._steps(plan):
                if not self._time_left():
                    break
                after = self._try(change.plan)
                if after.score > trial.score:
                    plan, trial, better = change.plan, after, True
                    break
        return plan, trial

    def _steps(self, plan: Plan) -> Iterator[Change]:
        """Yield all single changes, then all of two in succession, no plan twice."""
        seen = {_signature(plan)}

        def new(change: Change) -> bool:
            signature = _signature(change.plan)
            known = signature in seen
            seen.add(signature)
            return not known

        first = [change for change in self._changes.of(plan) if new(change)]
        yield from first
        for one in first:
            for other in self._changes.of(one.plan):
                if new(other):
                    changed = tuple({*one.changed, *other.changed})
                    yield Change(other.plan, changed, f"{one.what}, {other.what}")

    def _time_left(self) -> bool:
        return self.probe.runs < _RUNS and time.monotonic() < self._deadline

    def _try(self, plan: Plan) -> Trial:
        return self.probe.try_map([(c.reference.layer, c.candidate.layer, c.layout) for c in plan])


def _signature(plan: Plan) -> tuple[tuple[frozenset[str], int], ...]:
    return tuple((choice.candidate.members, choice.chosen) for choice in plan)
