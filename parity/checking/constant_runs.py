"""Float64 runs of both sides of a case with their constants made exact or rounded to float32."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from parity.arrays import Array
from parity.checking.perturbed_runs import PERTURBED_RUNS, nearby_task
from parity.declaring.constants import Constant, ConstantChanges, ConstantState, Key
from parity.declaring.float32_watch import Float32Watch
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError
from parity.judging.elementwise import largest_gap

Role = Literal["reference", "candidate"]
ROLES: tuple[Role, Role] = ("reference", "candidate")
Run = Callable[[Task, ConstantChanges], Trace | None]
"""Runs a side in float64 with changes of its constants; None if it cannot be run again."""


@dataclass(frozen=True)
class Held:
    """How a side's float64 run holds its constants.

    Args:
        state: as they are if None.
        skip: those that are left as they are.
    """

    state: ConstantState | None = None
    skip: frozenset[Key] = frozenset()

    def changes(self) -> ConstantChanges | None:
        """Return the changes that a run is to make; None for none."""
        return None if self.state is None else ConstantChanges(self.state, self.skip)


AS_THEY_ARE = Held()


@dataclass(frozen=True)
class ChangedRun:
    """A run with some constants changed, by operation and value.

    `values` holds the exact values of each, and those in float32.
    """

    trace: Trace
    changed: dict[Key, Constant]
    values: dict[Key, tuple[Array, Array]]


@dataclass(frozen=True)
class ConstantRuns:
    """Runs of a case's two sides under changes of their constants, each made once.

    Args:
        task: what is run.
        sides: by role; a side whose reference is recorded returns no run.
        narrowing: what is applied to each run, as in `CaseRuns.narrowed`.
    """

    task: Task
    sides: dict[Role, Run]
    narrowing: tuple[Callable[[Trace], Trace], ...] = ()
    _made: dict[tuple[Role, Held, bool], ChangedRun | None] = field(default_factory=dict)
    # All layers in cascade share these runs, narrowed to each.
    _watched: dict[tuple[Role, bool], tuple[Trace | None, Float32Watch]] = field(
        default_factory=dict
    )
    _moved: dict[Role, dict[str, float]] = field(default_factory=dict)
    _without: dict[tuple[Role, ...], "ConstantRuns"] = field(default_factory=dict)

    def narrowed(self, narrow: Callable[[Trace], Trace]) -> "ConstantRuns":
        """Return the same runs, each narrowed."""
        return replace(self, narrowing=(*self.narrowing, narrow))

    def run(self, role: Role, held: Held, nearby: bool = False) -> ChangedRun | None:
        """Run a side in float64, or return the run made before.

        Returns None if the side cannot be run that way, or fails. `nearby` runs it with inputs and
        weights a little smaller, without outputs: what changes with them is data, and no constant.
        """
        key = (role, held, nearby)
        if key not in self._made:
            self._made[key] = self._run(role, held, nearby)
        made = self._made[key]
        if made is None or nearby:
            return made
        trace = made.trace
        for narrow in self.narrowing:
            trace = narrow(trace)
        return replace(made, trace=trace)

    def watched(self, role: Role, watch: Float32Watch) -> Trace | None:
        """Run a side in float64 and watch it, or return the run made before.

        Returns None if the side cannot be run that way, or fails.
        """
        key = (role, watch.without_casts)
        if watch.seed or key not in self._watched:
            trace = self._watch(role, watch)
            if not watch.seed:
                # A run in which nothing is in float32 is asked for no more than that.
                kept = trace if watch.without_casts or watch.operations else None
                self._watched[key] = kept, watch
        else:
            trace, noted = self._watched[key]
            watch.take_over(noted)
        if trace is None:
            return None
        for narrow in self.narrowing:
            trace = narrow(trace)
        return trace

    def _watch(self, role: Role, watch: Float32Watch) -> Trace | None:
        try:
            return self.sides[role](self.task, watch)
        except ParityError:
            return None

    def movements(self, role: Role) -> dict[str, float]:
        """Return how far perturbing a side's float32 operations moves each of its outputs.

        Outputs that narrowing leaves out are among them.
        """
        if role not in self._moved:
            self._moved[role] = replace(self, narrowing=())._movements(role)
        return self._moved[role]

    def _movements(self, role: Role) -> dict[str, float]:
        here = self.watched(role, Float32Watch("exact"))
        moved: dict[str, float] = {}
        for seed in range(1, PERTURBED_RUNS + 1):
            there = self.watched(role, Float32Watch("exact", seed=seed))
            if here is None or there is None:
                break
            others = there.named()
            for name, array in here.named().items():
                if array.dtype.kind == "f" and name in others:
                    gap = largest_gap(array, others[name]).size
                    moved[name] = max(moved.get(name, 0.0), gap)
        return moved

    def without_casts(self, roles: Sequence[Role]) -> "ConstantRuns":
        """Return the same runs with the casts of some sides to float32 left out."""
        key = tuple(roles)
        if key not in self._without:
            sides = {r: _uncast(run) if r in key else run for r, run in self.sides.items()}
            self._without[key] = ConstantRuns(self.task, sides)
        return replace(self._without[key], narrowing=self.narrowing)

    def _run(self, role: Role, held: Held, nearby: bool) -> ChangedRun | None:
        changes = held.changes()
        if changes is None or role not in self.sides:
            return None
        task = nearby_task(self.task) if nearby else self.task
        try:
            trace = self.sides[role](task, changes)
        except ParityError:
            return None
        if trace is not None and nearby:
            # Asked for its constants alone; the outputs of a whole model are large.
            trace = replace(trace, outputs={}, gradients={})
        return None if trace is None else ChangedRun(trace, changes.found, changes.values)

    def without_data(self, role: Role, held: Held) -> Held:
        """Leave out what only looks like a constant: what changes with the inputs and weights."""
        here, there = self.run(role, held), self.run(role, held, nearby=True)
        if here is None:
            return held
        constant = there.changed.keys() if there is not None else set[Key]()
        return replace(held, skip=held.skip | (here.changed.keys() - constant))


def _uncast(run: Run) -> Run:
    def call(task: Task, changes: ConstantChanges) -> Trace | None:
        return run(task, replace(changes, without_casts=True))

    return call
