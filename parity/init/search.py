"""Search for the map under which the models agree best, and for equally good maps.

Layers are first paired by name and in the order of their calls, then along the flow of data (see
`dataflow`). If anything still disagrees, every other possibility is tried, one change at a time
and, in small models, two at a time. At last, each change that the flow of data does not rule out
is tried to see whether it does as well.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from parity.init.dataflow import Repair
from parity.init.first_pairing import Evidence, pair_units
from parity.init.plan_changes import Change, Choice, Plan, PlanChanges
from parity.init.plans import (
    Found,
    Tie,
    by_name,
    keys,
    layouts_known,
    paths,
    settled,
    signature,
    unsettles,
)
from parity.init.probe import Probe
from parity.init.split_layers import is_two
from parity.init.trial import Trial
from parity.init.units import Unit, joined_units, layer_units, weight_units

# Runs of the candidate in a search: many in small models, in which they take milliseconds.
_MOST_RUNS, _FEWEST_RUNS, _RUNS_BY_UNITS = 4000, 400, 40_000
# In larger models, changes are tried only one at a time.
_TWO_AT_A_TIME = 40
# The part of a larger model's layers that an aligned trial has to settle.
_MOST_OF_LARGE = 0.75


@dataclass(frozen=True)
class Budget:
    """Limits of a search: runs, by default as many as the model's size allows, and seconds."""

    runs: int | None = None
    seconds: float = float("inf")

    def most_runs(self, units: int) -> int:
        """Return the number of runs for a model of so many units."""
        if self.runs is not None:
            return self.runs
        return max(_FEWEST_RUNS, min(_MOST_RUNS, _RUNS_BY_UNITS // max(1, units)))


class Search:
    """One search on one probe; `show` is called with a line of progress."""

    def __init__(
        self,
        probe: Probe,
        budget: Budget | None = None,
        show: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.probe, self._show, self._aligned = probe, show, False
        # The aligned trial that settles a plan under which the outputs agree, if not exactly.
        self._settling: Trial | None = None
        reference, candidate = probe.reference, probe.candidate
        self._candidates = [
            *layer_units(candidate.layers),
            *joined_units(reference.layers, candidate.layers),
        ]
        self._changes = PlanChanges(
            probe.influence, self._candidates, candidate.composites, probe.expected
        )
        self._units = len(reference.layers)
        budget = budget or Budget()
        self.most_runs = budget.most_runs(self._units)
        self._deadline = time.monotonic() + budget.seconds

    @property
    def spare(self) -> list[Unit]:
        """Return the candidate's unused weights."""
        return self._changes.spare

    def fits(self, reference: Unit, candidate: Unit) -> bool:
        """Return whether the candidate's unit can store the reference's."""
        return bool(self._changes.layouts(reference, candidate))

    def _plan(self, first: Evidence) -> Plan:
        """Pair everything by names, order and shapes; what is given as `first` counts most."""
        reference, candidate = self.probe.reference.layers, self.probe.candidate.layers
        plan = pair_units(self._changes, layer_units(reference), self._candidates, first)
        names = {name for choice in plan for name in choice.layout.names}
        left = weight_units(candidate, keys(plan))
        return plan + pair_units(self._changes, weight_units(reference, names), left, first)

    def run(self) -> Found:
        """Improve the plan as far as possible, then try every change that may do as well."""
        plan, trial = self.first()
        if not self._complete(plan, trial) and self.time_left():
            plan, trial = self._by_alignment(plan, trial)
        if not trial.aligned and not self._settling and not self._complete(plan, trial):
            plan, trial = self._improved(plan, trial)
        found, better = self._judged(plan, trial)
        # A change may agree better only in what float32 does not show; or by name.
        while better is not None and self.time_left():
            found, better = self._judged(*better)
        return found

    def first(self) -> tuple[Plan, Trial]:
        """Return the best plan of three: by names, by the order of the calls, or by influence.

        The better of the first two is repaired; the third is tried only if that does not suffice.
        """
        plan = self._plan("names")
        trial = self._try(plan)
        if not self._complete(plan, trial) and self.time_left():
            other = self._plan("calls")
            if signature(other) != signature(plan):
                plan, trial = _better((plan, trial), (other, self._try(other)))
        if not self._complete(plan, trial):
            plan, trial = self._repaired(plan, trial)
        # A run for each weight may be spent on few, or where there are several outputs to compare.
        cheap = self._units <= _TWO_AT_A_TIME or len(self.probe.output_names) > 1
        if cheap and not self._complete(plan, trial) and self.time_left():
            other = self._plan("influence")
            plan, trial = _better((plan, trial), self._repaired(other, self._try(other)))
        self._changes.spare = weight_units(self.probe.candidate.layers, keys(plan))
        return plan, trial

    def _by_alignment(self, plan: Plan, trial: Trial) -> tuple[Plan, Trial]:
        """Repair a plan with each layer passing on what the reference's returns.

        If that settles all layers although the models disagree, they differ in what some layers
        compute, and the search goes on with such trials. Otherwise the better plan is returned.
        """
        self._aligned = True
        other, aligned = self._repaired(plan, self._try(plan))
        called = {n for n, choice in enumerate(other) if choice.reference.layer.inputs}
        fixed = called & settled(other, aligned)
        explained = self._explains(fixed, called)
        whole = fixed == called and layouts_known(other, aligned)
        if explained and not whole:
            other, aligned = self._improved(other, aligned)
            explained = layouts_known(other, aligned)
        self._aligned = False
        after = self._try(other) if signature(other) != signature(plan) else trial
        if whole and after.agrees:
            self._settling = aligned
            return other, after
        if explained and not after.agrees:
            self._aligned = True
            return other, aligned
        return _better((plan, trial), (other, after))

    def _explains(self, fixed: set[int], called: set[int]) -> bool:
        """Return whether so many layers are settled that the models differ, and not the plan.

        In large models most of them suffice, as nothing else could be tried in the runs left.
        """
        large = self._units > _TWO_AT_A_TIME
        return bool(called) and len(fixed) >= len(called) * (_MOST_OF_LARGE if large else 1)

    def _complete(self, plan: Plan, trial: Trial) -> bool:
        """Return whether everything agrees, apart from layers in which one side does more.

        Such a layer, for instance a normalization that also activates, is given the same tensor on
        both sides, and the outputs depend on it and agree.
        """
        if trial.score == trial.full_score:
            return True
        if not trial.agrees_exactly or not trial.differing:
            return False
        differing = set(trial.differing)
        choices = [choice for choice in plan if choice.reference.layer.path in differing]
        return trial.full_score - trial.score == 2 * len(differing) and all(
            (choice.reference.layer.path, choice.candidate.layer.path) in trial.matches
            and choice.reference.has_influence(self.probe.influence)
            for choice in choices
        )

    def _repaired(self, plan: Plan, trial: Trial) -> tuple[Plan, Trial]:
        repair = Repair[Plan, Trial](
            self.probe.matcher, paths, self._permuted, self._try, self.time_left
        )
        return repair.run(plan, trial)

    def _permuted(self, plan: Plan, numbers: Sequence[int], order: Sequence[int]) -> Plan | None:
        """Return the plan in which choices have each other's units; None if one does not fit."""
        changed = dict(enumerate(plan))
        for number, other in zip(numbers, order, strict=True):
            reference, unit = plan[number].reference, plan[other].candidate
            layouts = self._changes.layouts(reference, unit)
            if not layouts:
                return None
            chosen = min(plan[number].chosen, len(layouts) - 1)
            changed[number] = Choice(reference, unit, layouts, chosen)
        return tuple(changed.values())

    def _judged(self, plan: Plan, trial: Trial) -> tuple[Found, tuple[Plan, Trial] | None]:
        """Try every change that may do as well; also return the first plan that does better."""
        settling = trial if trial.aligned else self._settling
        fixed = settled(plan, settling) if settling else set()
        found, untried = Found(plan, trial, fixed=fixed if trial.aligned else set()), 0
        for change in self._changes.of(plan):
            for number in change.changed:
                found.others[number] = found.others.get(number, 0) + 1
            if self._ruled_out(plan, trial, change, fixed):
                continue
            if not self.time_left():
                untried += 1
                continue
            after = self._try(change.plan)
            if after.rank < trial.rank:
                continue
            prefers, otherwise = by_name(plan, change), by_name(plan, change, reverse=True)
            if after.rank > trial.rank or otherwise:
                return found, (change.plan, after)
            for number in change.changed:
                found.ties.setdefault(number, []).append(Tie(change.what, prefers))
        if untried:
            found.untried.append(f"{untried} alternatives after {self.probe.runs} runs")
        return found, None

    def _ruled_out(self, plan: Plan, trial: Trial, change: Change, fixed: set[int]) -> bool:
        """Return whether the flow of data shows that a change cannot do as well.

        A layer that is given the same tensor as its partner, and agrees, would no longer agree in
        the place of a layer that is given another. An aligned trial settles the `fixed` choices.
        """
        settling = trial if trial.aligned else self._settling
        if settling and unsettles(plan, settling, change, fixed):
            return True
        for number in sorted(change.changed)[:1]:
            before, after = plan[number], change.plan[number]
            if before.candidate.members == after.candidate.members or is_two(after.candidate.layer):
                return False
            own, path = before.reference.layer.path, after.candidate.layer.path
            agrees = trial.agrees_in_place(own)
            known = bool(after.candidate.layer.inputs) and self.probe.matcher.knows(own)
            settled = agrees and (own, before.candidate.layer.path) in trial.matches
            if settled and known and (own, path) not in trial.matches:
                return True
        return False

    def _improved(self, plan: Plan, trial: Trial) -> tuple[Plan, Trial]:
        """Take the first change that improves the plan, again and again, until none does."""
        better = True
        while better and trial.score < trial.full_score and self.time_left():
            better = False
            for change in self._steps(plan, trial):
                if not self.time_left():
                    break
                after = self._try(change.plan)
                if after.score > trial.score:
                    plan, trial = self._repaired(change.plan, after)
                    better = True
                    break
        return plan, trial

    def _steps(self, plan: Plan, trial: Trial) -> Iterator[Change]:
        """Yield all single changes, then in small models all of two in succession, none twice."""
        seen, fixed = {signature(plan)}, settled(plan, trial)

        def new(change: Change) -> bool:
            own = signature(change.plan)
            known = own in seen
            seen.add(own)
            return not known and not self._ruled_out(plan, trial, change, fixed)

        first = [change for change in self._changes.of(plan) if new(change)]
        yield from first
        if self._units > _TWO_AT_A_TIME:
            return
        for one in first:
            for other in self._changes.of(one.plan):
                if new(other):
                    changed = tuple({*one.changed, *other.changed})
                    yield Change(other.plan, changed, f"{one.what}, {other.what}")

    def time_left(self) -> bool:
        """Return whether there are runs and time left."""
        return self.probe.runs < self.most_runs and time.monotonic() < self._deadline

    def _try(self, plan: Plan) -> Trial:
        attempt = self.probe.try_aligned if self._aligned else self.probe.try_map
        trial = attempt([(c.reference.layer, c.candidate.layer, c.layout) for c in plan])
        count = sum(trial.agrees_in_place(path) for path in trial.intermediates)
        self._show(
            f"run {self.probe.runs} of at most {self.most_runs}: "
            f"{count} of {len(self.probe.reference.layers)} layers agree"
        )
        return trial


def _better(one: tuple[Plan, Trial], other: tuple[Plan, Trial]) -> tuple[Plan, Trial]:
    """Return the plan under which more agrees, the first if as much does."""
    return other if other[1].rank > one[1].rank else one
