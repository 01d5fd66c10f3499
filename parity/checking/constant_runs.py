"""Float64 runs of both sides of a case with their constants made exact or rounded to float32."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from parity.arrays import Array
from parity.checking.perturbed_runs import nearby_task
from parity.declaring.constants import Constant, ConstantChanges, ConstantState, Key
from parity.declaring.float32_watch import Float32Watch
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError

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

    def narrowed(self, narrow: Callable[[Trace], Trace]) -> "ConstantRuns":
        """Return the same runs, each narrowed."""
        return replace(self, narrowing=(*self.narrowing, narrow))

    def run(self, role: Role, held: Held, nearby: bool = False) -> ChangedRun | None:
        """Run a side in float64, or return the run made before.

        Returns None if the side cannot be run that way, or fails. `nearby` runs it with inputs and
        weights a little smaller: what changes with them is data, and no constant.
        """
        key = (role, held, nearby)
        if key not in self._made:
            self._made[key] = self._run(role, held, nearby)
        made = self._made[key]
        if made is None:
            return None
        trace = made.trace
        for narrow in self.narrowing:
            trace = narrow(trace)
        return replace(made, trace=trace)

    def watched(self, role: Role, watch: Float32Watch) -> Trace | None:
        """Run a side in float64 and watch it; None if it cannot be run that way, or fails."""
        try:
            trace = self.sides[role](self.task, watch)
        except ParityError:
            return None
        if trace is None:
            return None
        for narrow in self.narrowing:
            trace = narrow(trace)
        return trace

    def _run(self, role: Role, held: Held, nearby: bool) -> ChangedRun | None:
        changes = held.changes()
        if changes is None or role not in self.sides:
            return None
        task = nearby_task(self.task) if nearby else self.task
        try:
            trace = self.sides[role](task, changes)
        except ParityError:
            return None
        return None if trace is None else ChangedRun(trace, changes.found, changes.values)

    def without_data(self, role: Role, held: Held) -> Held:
        """Leave out what only looks like a constant: what changes with the inputs and weights."""
        here, there = self.run(role, held), self.run(role, held, nearby=True)
        if here is None:
            return held
        constant = there.changed.keys() if there is not None else set[Key]()
        return replace(held, skip=held.skip | (here.changed.keys() - constant))
