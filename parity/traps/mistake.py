"""One mistake, as a change that can be made to either side of a pair.

A mistake in what a candidate is handed (weights, inputs) or in what it gives is a function of
arrays in the reference's layout. Planted, it is applied on the candidate's side. Supposed of a
candidate that is wrong, it is applied on the REFERENCE's side: if both agree then, the candidate
makes this mistake. So a mistake need not be undone to be recognised, and one that loses information
(biases summed, weights never loaded) is recognised like any other. So is an option: the reference
is built with the value that the candidate may have taken. What happens within the candidate (an
operation) can only be changed there: planted, one value is made another; supposed, the values that
ports are known to confuse are tried in its place.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from parity.port import Arrays, Built, Options, Pair, Side
from parity.runners import calls_of
from parity.trace import Task


@dataclass(frozen=True)
class Operation:
    """Another way to do calls of one kind within a candidate.

    `number` counts the calls of this kind from 0, None stands for all of them. `instead` names the
    way, as parity.runners.torch_calls does. `before` and `after` count the calls of all kinds on
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
class Mistake:
    """A known mistake at one place; exactly one of weights ... code says how it is made.

    Args:
        trap: its number in parity.traps.titles; None if it is beyond the list.
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


def planted(pair: Pair, mistake: Mistake) -> Pair:
    """The pair with the mistake made by its candidate."""
    if mistake.of_arrays:
        return replace(pair, candidate=_receiving(pair.candidate, mistake))
    return replace(pair, candidate=_within(pair.candidate, mistake))


def supposed(pair: Pair, mistake: Mistake) -> Pair:
    """The pair whose sides agree if its candidate makes the mistake (see the module)."""
    if mistake.of_arrays:
        return replace(pair, reference=_receiving(pair.reference, mistake))
    if mistake.options is not None:
        return replace(pair, reference=_within(pair.reference, mistake))
    return replace(pair, candidate=_within(pair.candidate, mistake))


def _receiving(side: Side, mistake: Mistake) -> Side:
    earlier, later = side.before, side.after

    def before(task: Task) -> Task:
        task = earlier(task) if earlier else task
        if mistake.weights:
            task = replace(task, weights=mistake.weights(dict(task.weights)))
        if mistake.inputs:
            task = replace(task, inputs=mistake.inputs(dict(task.inputs)))
        return task

    def after(outputs: Arrays, task: Task) -> Arrays:
        outputs = later(outputs, task) if later else outputs
        return mistake.outputs(outputs, task) if mistake.outputs else outputs

    # Sides that are fed alike keep that they are: their runs can be shared.
    fed = before if mistake.weights or mistake.inputs else earlier
    return replace(side, before=fed, after=after if mistake.outputs else later)


def _within(side: Side, mistake: Mistake) -> Side:
    def build(options: Options, dtype: str) -> Built:
        if mistake.operation is not None:
            built = side.build(options, dtype)
            done_otherwise = calls_of(side.framework).done_otherwise
            return replace(built, call=done_otherwise(built.call, mistake.operation))
        if mistake.code is not None:
            return _in_context(side, mistake.code, options, dtype)
        return side.build(mistake.options or options, dtype)

    return replace(side, build=build)


def _in_context(
    side: Side, context: Callable[[], AbstractContextManager[Any]], options: Options, dtype: str
) -> Built:
    with context():
        built = side.build(options, dtype)

    def call(inputs: dict[str, Any]) -> Any:
        with context():
            return built.call(inputs)

    return replace(built, call=call)
