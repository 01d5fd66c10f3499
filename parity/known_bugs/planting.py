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
from dataclasses import replace
from typing import Any

from parity.arrays import Arrays
from parity.declaring.frameworks import calls_of
from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Built, Pair, Side
from parity.declaring.trace import Task
from parity.declaring.weight import Options


def planted(pair: Pair, mistake: KnownBug) -> Pair:
    """The pair with the mistake made by its candidate."""
    if mistake.of_arrays:
        return replace(pair, candidate=_receiving(pair.candidate, mistake))
    return replace(pair, candidate=_within(pair.candidate, mistake))


def supposed(pair: Pair, mistake: KnownBug) -> Pair:
    """The pair whose sides agree if its candidate makes the mistake (see the module)."""
    if mistake.of_arrays:
        return replace(pair, reference=_receiving(pair.reference, mistake))
    if mistake.options is not None:
        return replace(pair, reference=_within(pair.reference, mistake))
    return replace(pair, candidate=_within(pair.candidate, mistake))


def _receiving(side: Side, mistake: KnownBug) -> Side:
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


def _within(side: Side, mistake: KnownBug) -> Side:
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
