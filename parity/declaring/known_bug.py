"""A known bug of ports, as a change that can be made to either side of a pair."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from parity.arrays import Arrays
from parity.declaring.trace import Task
from parity.declaring.weight import Options


@dataclass(frozen=True)
class Operation:
    """Another way to do calls of one kind within a candidate.

    `number` counts the calls of this kind from 0, None stands for all of them. `instead` names the
    way, as parity.runners.torch.calls does. `before` and `after` count the calls of all kinds on
    either side of it, so that what is called instead of a call is known to stand in its place.
    """

    kind: str
    number: int | None
    instead: str
    before: int = 0
    after: int = 0

    def holds(self, other: "Operation") -> bool:
        """Whether another call is part of how this one is done its other way."""
        return other.before >= self.before and other.after >= self.after

    def adjoins(self, other: "Operation") -> bool:
        """Whether another call is the next, or the one before, if this one is left out."""
        return other.before == self.before or other.after == self.after


@dataclass(frozen=True)
class KnownBug:
    """A known mistake at one place; exactly one of weights ... code says how it is made.

    Args:
        trap: its number in parity.known_bugs.titles; None if it is beyond the list.
        what: the mistake in words.
        where: the weight, input, output or call.
        weights: from the weights, by canonical name, to those that the candidate is handed.
        inputs: the same for inputs.
        outputs: from outputs, and the task, to what the candidate gives instead.
        operation: another way to do an operation.
        options: the options that the candidate is built with instead.
        code: holds while the candidate is built and run; it can be planted, but not recognised.
        layer: of a port's own mistakes, the pair that it belongs to.
        config: of a port's own mistakes, the configuration to plant it under; the first if None.
        refused: from inputs to the same without what the candidate refuses, for a mistake that is
            planted by `code` and makes it raise; it is recognised by that it then agrees.
        same_as: in what other words (`what`) the very same may be said of it.
    """

    trap: int | None
    what: str
    where: str = ""
    weights: Callable[[Arrays], Arrays] | None = None
    inputs: Callable[[Arrays], Arrays] | None = None
    outputs: Callable[[Arrays, Task], Arrays] | None = None
    operation: Operation | None = None
    options: Options | None = None
    code: Callable[[], AbstractContextManager[Any]] | None = None
    layer: str | None = None
    config: str | None = None
    refused: Callable[[Arrays], Arrays] | None = None
    same_as: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is, and where."""
        return f"{self.what} ({self.where})" if self.where else self.what

    @property
    def recognisable(self) -> bool:
        """Whether a candidate can be asked for it."""
        return self.code is None or self.refused is not None

    @property
    def of_arrays(self) -> bool:
        """Whether it lies in what is handed over, not in the candidate."""
        return bool(self.weights or self.inputs or self.outputs)

    @property
    def on_reference(self) -> bool:
        """Whether it is supposed of the reference, to see if the candidate agrees with that."""
        return self.of_arrays or self.options is not None
