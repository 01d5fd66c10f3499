"""Root causes of a candidate that raises, found by running it on other inputs."""

import re
from dataclasses import replace
from typing import Any

from parity.declaring.known_bug import (
    ChangedInputs,
    KnownBug,
    OtherOperation,
    OtherOptions,
    PatchedCode,
)
from parity.declaring.port import Pair
from parity.declaring.trace import Task
from parity.declaring.weight import Options
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.hypothesis_runs import HypothesisRuns
from parity.diagnosing.other_inputs import same_inputs, zeros_and_ones
from parity.diagnosing.run_cache import RunCache
from parity.errors import ParityError


def run_on_zeros_and_ones(pair: Pair, task: Task, cache: RunCache) -> HypothesisRuns | None:
    """Return runs of a raising candidate on inputs of 0 and 1; None if it raises there too."""
    binary = zeros_and_ones(task)
    if same_inputs(binary, task):
        return None
    try:
        runs = HypothesisRuns(pair, binary, cache, "zeros and ones")
    except ParityError:
        return None
    return runs if runs.candidate else None


def find_root_causes(
    given: HypothesisRuns, runs: HypothesisRuns, known: list[KnownBug]
) -> list[RootCause]:
    """Return the root cause of a candidate's exception.

    Args:
        given: runs on the inputs on which it raises.
        runs: runs on inputs on which it does not; `given` itself if it always raises.
        known: the known bugs that it may have.
    """
    if runs is not given and not runs.agrees:
        return []
    try_bug = _try_without_running if runs is given else _try_without_refused
    return [cause for bug in known if (cause := try_bug(given, bug))]


def _try_without_refused(given: HypothesisRuns, bug: KnownBug) -> RootCause | None:
    """Return a bug that refuses some inputs if both sides agree on inputs without those."""
    if not isinstance(bug.change, PatchedCode) or bug.change.without_refused is None:
        return None
    task = replace(given.task, inputs=bug.change.without_refused(dict(given.task.inputs)))
    if same_inputs(task, given.task):
        return None
    try:
        runs = HypothesisRuns(given.pair, task, RunCache())
    except ParityError:
        return None
    if not runs.candidate or not runs.agrees:
        return None
    return RootCause((bug,), _largest(runs), "without these inputs, both sides agree")


def _try_without_running(given: HypothesisRuns, bug: KnownBug) -> RootCause | None:
    match bug.change:
        case OtherOptions(options):
            return _try_options(given, bug, options)
        case OtherOperation() | ChangedInputs(undoes_itself=True):
            errors = given.try_hypothesis((bug,))
            if errors is not None and given.explains(errors):
                return RootCause((bug,), max(errors.values(), default=0.0))
    return None


def _try_options(given: HypothesisRuns, bug: KnownBug, options: Options) -> RootCause | None:
    """Return options that the candidate has, judged by its weights or by its own message."""
    runs = given.with_weights_for(bug, options)
    if runs is not None and runs.candidate:
        error = _largest(runs)
        evidence = f"with weights for this option, the sides differ by {error:.1g} in float64"
        return RootCause((bug,), error, evidence) if runs.agrees else None
    if given.has_weights_of(options):
        return RootCause((bug,), 0.0, "its weights have the shapes of this option")
    right = given.task.options
    for key, value in options.items():
        if value != right.get(key) and names_option(given.failure, key, value, right.get(key)):
            return RootCause((bug,), 0.0, "its own message names this option")
    return None


def _largest(runs: HypothesisRuns) -> float:
    return max(runs.errors.values(), default=0.0)


def names_option(message: str, key: str, value: Any, right: Any) -> bool:
    """Return whether a message names an option with a value, and not with the right one."""

    def named(value: Any) -> bool:
        pattern = rf"\b{re.escape(key)}\b(\s+is)?[\s:='\"]{{1,4}}{re.escape(str(value))}(?![\w.])"
        return re.search(pattern, message) is not None

    return named(value) and not named(right)
