"""Planting a known bug into a candidate, and the hypothesis that a candidate has it.

A bug in the weights, inputs or outputs is a function of arrays in the reference's layout. To plant
it, the function is applied on the candidate's side. To test the hypothesis that a wrong candidate
has it, the function is applied on the REFERENCE's side: if the sides then agree, the candidate has
the bug. (A change that undoes itself is made in the candidate, which runs faster.) So a bug need
not be undone to be recognised, and a bug that loses information (biases
summed, weights never loaded) is recognised like any other. The same holds for options: the
reference is built with the value that the candidate may be using. An operation can only be changed
within the candidate: to plant the bug, a correct value is replaced by a wrong one; to test the
hypothesis, the values that ports are known to confuse are tried in its place.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from parity.arrays import Arrays
from parity.declaring.frameworks import Call, call_tools
from parity.declaring.known_bug import (
    Change,
    ChangedInputs,
    ChangedOutputs,
    ChangedWeights,
    KnownBug,
    OtherOperation,
    OtherOptions,
    PatchedCode,
)
from parity.declaring.port import Built, Pair, Side
from parity.declaring.trace import Task
from parity.declaring.weight import Options


def plant(pair: Pair, bug: KnownBug) -> Pair:
    """Return the pair with the bug planted into its candidate."""
    return replace(pair, candidate=_change(pair.candidate, bug.change))


def assume(pair: Pair, bug: KnownBug) -> Pair:
    """Return the pair whose sides agree if its candidate has the bug (see the module)."""
    if bug.on_reference:
        return replace(pair, reference=_change(pair.reference, bug.change))
    return plant(pair, bug)


def _change(side: Side, change: Change) -> Side:
    match change:
        case ChangedWeights(weights):
            return _given(side, lambda task: replace(task, weights=weights(dict(task.weights))))
        case ChangedInputs(inputs):
            return _given(side, lambda task: replace(task, inputs=inputs(dict(task.inputs))))
        case ChangedOutputs(outputs):
            return _returning(side, outputs)
        case OtherOptions(options):
            return replace(side, build=lambda _, dtype: side.build(options, dtype))
        case OtherOperation():
            return _with_operation(side, change)
        case PatchedCode(patch):
            return _within(side, patch)


def _given(side: Side, change: Callable[[Task], Task]) -> Side:
    before = side.before
    return replace(side, before=lambda task: change(before(task) if before else task))


def _returning(side: Side, change: Callable[[Arrays, Task], Arrays]) -> Side:
    after = side.after
    return replace(
        side,
        after=lambda outputs, task: change(after(outputs, task) if after else outputs, task),
    )


def _with_operation(side: Side, operation: OtherOperation) -> Side:
    calls = call_tools(side.framework)
    assert calls is not None, f"calls of {side.framework} cannot be replaced"
    return with_call(side, lambda call: calls.done_otherwise(call, operation))


def with_call(side: Side, wrapped: Callable[[Call], Call]) -> Side:
    """Return the side with the call of each built layer wrapped."""

    def build(options: Options, dtype: str) -> Built:
        built = side.build(options, dtype)
        return replace(built, call=wrapped(built.call))

    return replace(side, build=build)


def _within(side: Side, patch: Callable[[], AbstractContextManager[object]]) -> Side:
    def build(options: Options, dtype: str) -> Built:
        with patch():
            built = side.build(options, dtype)

        def call(inputs: dict[str, Any]) -> Mapping[str, Any]:
            with patch():
                return built.call(inputs)

        return replace(built, call=call)

    return replace(side, build=build)
