"""Known bugs of ports, each as a change that can be made to either side of a pair."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from parity.arrays import Arrays
from parity.declaring.grafts import Graft
from parity.declaring.trace import Task
from parity.declaring.weight import Options


@dataclass(frozen=True)
class ChangedWeights:
    """Other weights for a side: `apply` maps arrays by name, in the reference's layout."""

    apply: Callable[[Arrays], Arrays]


@dataclass(frozen=True)
class ChangedInputs:
    """Other inputs for a side: `apply` maps arrays by name.

    What `undoes_itself` leaves nothing changed if made twice: made in a candidate that has the bug,
    it repairs it.
    """

    apply: Callable[[Arrays], Arrays]
    undoes_itself: bool = False


@dataclass(frozen=True)
class ChangedOutputs:
    """Other outputs of a side: `apply` maps arrays by name, given the task."""

    apply: Callable[[Arrays, Task], Arrays]


@dataclass(frozen=True)
class OtherOperation:
    """Alternative to calls of one kind within a candidate.

    Args:
        kind: the operation, as parity.runners.torch.calls names it.
        index: which call of this kind, from 0; None for several of them.
        way: the name of the other way.
        before: how many recorded calls, of all kinds, come before this one.
        after: how many come after it.
        among: which calls of this kind, if they are several but not all.
        numbers: the reference's numbers that ways are made of.
        graft: what takes the place of the calls, for a way that is none of the runner's own.
    """

    kind: str
    index: int | None
    way: str
    before: int = 0
    after: int = 0
    among: tuple[int, ...] = ()
    numbers: tuple[float, ...] = ()
    graft: Graft | None = field(default=None, compare=False)

    def replaces(self, kind: str, index: int) -> bool:
        """Return whether a call, by its kind and its index, is among those replaced."""
        if kind != self.kind:
            return False
        return index == self.index or (self.index is None and index in (self.among or (index,)))

    def is_part_of(self, other: "OtherOperation") -> bool:
        """Return whether this is the same way to do fewer of the calls than the other replaces."""
        if (self.kind, self.way) != (other.kind, other.way) or other.index is not None:
            return False
        if not other.among:
            return self.index is not None or bool(self.among)
        own = self.among if self.index is None else (self.index,)
        return bool(own) and set(own) < set(other.among)

    def contains(self, other: "OtherOperation") -> bool:
        """Return whether the other call lies within what replaces this call."""
        return other.before >= self.before and other.after >= self.after

    def adjoins(self, other: "OtherOperation") -> bool:
        """Return whether the other call would be next to this one if this one were left out."""
        return other.before == self.before or other.after == self.after


@dataclass(frozen=True)
class OtherOptions:
    """Other options to build a side with."""

    options: Options


@dataclass(frozen=True)
class PatchedCode:
    """A patch of the candidate's code, in force while the candidate is built and run.

    It can be planted. It can be recognised only if it makes the candidate raise on some inputs:
    `without_refused` then maps the inputs to ones that the candidate accepts, on which the sides
    agree.
    """

    patch: Callable[[], AbstractContextManager[object]]
    without_refused: Callable[[Arrays], Arrays] | None = None


Change = (
    ChangedWeights | ChangedInputs | ChangedOutputs | OtherOperation | OtherOptions | PatchedCode
)


@dataclass(frozen=True)
class KnownBug:
    """A known bug at one place.

    Args:
        number: its number in parity.known_bugs.catalogue; None if it has none.
        what: a description of the bug.
        where: the weight, input, output, call or configuration; "" if `what` says it.
        change: how the bug is made.
        layer: for a bug that a port declares, the pair it belongs to.
        config: for a bug that a port declares, the configuration to plant it under; None for any.
        same_as: the `what` of other known bugs that describe the same thing.
    """

    number: int | None
    what: str
    where: str
    change: Change
    layer: str | None = None
    config: str | None = None
    same_as: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the bug and its place in words."""
        return f"{self.what} ({self.where})" if self.where else self.what

    @property
    def recognisable(self) -> bool:
        """Return whether runs can show that a candidate has this bug."""
        return not isinstance(self.change, PatchedCode) or self.change.without_refused is not None

    @property
    def on_reference(self) -> bool:
        """Return whether the hypothesis of this bug changes the reference, not the candidate."""
        if isinstance(self.change, ChangedInputs):
            return not self.change.undoes_itself
        return not isinstance(self.change, OtherOperation | PatchedCode)
