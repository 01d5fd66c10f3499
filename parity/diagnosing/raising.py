"""Causes of a candidate that raises: it gives nothing to compare, but it can be asked otherwise."""

import re
from dataclasses import replace
from typing import Any

from parity.declaring.known_bug import KnownBug
from parity.declaring.trace import Task
from parity.diagnosing.diagnosis import Suspect
from parity.diagnosing.hypothesis_runs import Inquiry, same_inputs, zeros_and_ones
from parity.diagnosing.reference_runs import ReferenceRuns
from parity.errors import ParityError


def on_zeros_and_ones(given: Inquiry, task: Task, references: ReferenceRuns) -> Inquiry | None:
    """The same candidate on inputs of 0 and 1; None if it raises there too."""
    tame = zeros_and_ones(task)
    if same_inputs(tame, task):
        return None
    try:
        tamer = Inquiry(given.pair, tame, references, "zeros and ones")
    except ParityError:
        return None
    return tamer if tamer.candidate else None


def suspects(given: Inquiry, asked: Inquiry, known: list[KnownBug]) -> list[Suspect]:
    """What explains that a candidate raises, each with its evidence.

    Args:
        given: on the inputs on which it raises.
        asked: on others on which it does not; `given` if there are none.
        known: the mistakes that may be.
    """
    if asked is not given:
        return [s for m in known if m.refused and (s := _refusal(given, m))] if asked.agrees else []
    return [found for m in known if (found := _of_options(given, m) or _mended(given, m))]


def _refusal(given: Inquiry, mistake: KnownBug) -> Suspect | None:
    """A mistake in refusing some inputs, if without those both sides agree."""
    assert mistake.refused is not None
    task = replace(given.task, inputs=mistake.refused(dict(given.task.inputs)))
    if same_inputs(task, given.task):
        return None
    try:
        without = Inquiry(given.pair, task, ReferenceRuns())
    except ParityError:
        return None
    if not without.candidate or not without.agrees:
        return None
    return Suspect((mistake,), max(without.before.values(), default=0.0), "without them it agrees")


def _mended(given: Inquiry, mistake: KnownBug) -> Suspect | None:
    """An operation without which it does not raise, and agrees."""
    if mistake.operation is None:
        return None
    errors = given.suppose((mistake,))
    if errors is None or not given.explains(errors):
        return None
    return Suspect((mistake,), max(errors.values(), default=0.0))


def _of_options(given: Inquiry, mistake: KnownBug) -> Suspect | None:
    """An option that the candidate seems to have, by its weights or by its own words."""
    if mistake.options is None:
        return None
    other = given.with_weights_of(mistake)
    if other is not None and other.candidate:
        after = max(other.before.values(), default=0.0)
        because = f"handed the weights that this wants, it differs by {after:.1g} in float64"
        return Suspect((mistake,), after, because) if other.agrees else None
    if given.has_weights_of(mistake.options):
        return Suspect((mistake,), 0.0, "its weights have the shapes that this wants")
    held = given.task.options
    for key, value in mistake.options.items():
        if value != held.get(key) and names(given.failure, key, value, held.get(key)):
            return Suspect((mistake,), 0.0, "it says so itself")
    return None


def names(message: str, key: str, value: Any, held: Any) -> bool:
    """Whether a message names an option with a value, and not with the one it should have."""

    def named(value: Any) -> bool:
        pattern = rf"\b{re.escape(key)}\b(\s+is)?[\s:='\"]{{1,4}}{re.escape(str(value))}(?![\w.])"
        return re.search(pattern, message) is not None

    return named(value) and not named(held)
