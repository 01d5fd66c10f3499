"""Diagnosis of a mismatch: where it first arises, and which known bug explains it, with evidence.

Everything is compared in float64. A known bug explains a mismatch if, under the hypothesis that the
candidate has it, the remaining difference is only rounding. Every known bug is tried alone; if none
explains the whole mismatch, other calls in place of the candidate's are, and then pairs of those
known bugs that explain a part. Explanations are tried again on the same records in reverse order,
where hypotheses that tie on the given order may differ. A hypothesis that leaves more than rounding
is never reported as the cause, and none is certain if two explain the mismatch equally well.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from parity.checking.independent import at_divergence
from parity.declaring.known_bug import KnownBug, OtherOptions, PatchedCode
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task
from parity.diagnosing import raising
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.hypothesis_runs import (
    FLOAT32_CONSTANTS,
    Errors,
    Hypothesis,
    HypothesisRuns,
    enlarge,
    reverse_records,
    same_inputs,
)
from parity.diagnosing.precise_operations import find_precise_operations
from parity.diagnosing.run_cache import RunCache
from parity.errors import ParityError
from parity.known_bugs.catalogue import generate_known_bugs
from parity.known_bugs.operations import generate_repairs, record_calls
from parity.known_bugs.options import read_options

# Maximum number of partially explaining bugs to try in pairs, and the time limit.
PAIRED = 24
PAIRED_SECONDS = 60.0
# The time for what the candidate should have called instead.
REPAIRS_SECONDS = 60.0


def diagnose(
    port: Port,
    pair: Pair,
    config: Configuration,
    task: Task,
    cache: RunCache | None = None,
    divergence: str = "",
) -> Diagnosis:
    """Return the diagnosis of a pair's mismatch on a task.

    Args:
        port: the port, for its own known bugs.
        pair: the pair that fails.
        config: the configuration under which it fails.
        task: what an isolated case of it runs (`Checker.task`).
        cache: where runs are kept, if other candidates of this case are diagnosed as well.
        divergence: the output of a whole model that is diagnosed alone, with everything before it
            as in the reference.

    Raises ParityError if the reference does not run in float64.
    """
    cache = cache or RunCache()
    if divergence:
        pair, task = at_divergence(pair, divergence), replace(task, differentiate=())
    given = HypothesisRuns(pair, task, cache)
    binary = None if given.candidate else raising.run_on_zeros_and_ones(pair, task, cache)
    runs = binary or given
    known = _recognisable_bugs(port, runs, config, cache)
    repairs = Repairs(runs)
    causes, confirmed = _find_root_causes(given, runs, known, repairs, cache)
    if not causes and runs.agrees and runs is given:
        causes = find_precise_operations(pair, config, task, known)
    names = list(runs.errors)
    differing = [name for name in names if not runs.is_rounding(name, runs.errors[name])]
    intermediate = differing[0] if differing else None
    return Diagnosis(
        pair.layer,
        config.name,
        intermediate,
        tuple(names[: names.index(intermediate)]) if intermediate else tuple(names),
        max(runs.errors.values(), default=0.0),
        causes,
        len(known),
        runs.describe_pattern(intermediate) if intermediate and not causes else "",
        "" if given.candidate else given.failure,
        runs is binary,
        confirmed,
        bool(divergence),
        repairs.tried,
        repairs.left,
    )


def _recognisable_bugs(
    port: Port, runs: HypothesisRuns, config: Configuration, cache: RunCache
) -> list[KnownBug]:
    """Return all known bugs that can be recognised.

    These include options that only the reference reads: the candidate may have one hard-coded. For
    a candidate that raises, calls are recorded in the reference instead.
    """
    pair, task = runs.pair, runs.task
    read = read_options(port.pair(pair.layer), task) | cache.options_read_by_reference(pair, task)
    runnable = pair if runs.candidate else replace(pair, candidate=pair.reference)
    found = generate_known_bugs(
        port, runnable, config, task, runs.reference, thorough=True, options_read=read
    )
    return [bug for bug in found if bug.recognisable]


def _find_root_causes(
    given: HypothesisRuns,
    runs: HypothesisRuns,
    known: list[KnownBug],
    repairs: "Repairs",
    cache: RunCache,
) -> tuple[tuple[RootCause, ...], bool]:
    """Return the root causes, likeliest first, and whether reversed records confirm them."""
    if not given.candidate:
        causes = raising.find_root_causes(given, runs, known)
        if causes or runs is given:
            return tuple(causes), True
    if runs.agrees:
        return (), True
    plain = [bug for bug in known if not isinstance(bug.change, PatchedCode)]
    found = _search(runs, plain, repairs)
    if not found:
        return (), True
    kept = _confirmed_on(reverse_records(runs.task), "rows reversed", runs, found, cache)
    confirmed, kept = bool(kept), kept or found
    if len(kept) > 1:
        # Causes that differ only for large numbers, such as relu and relu6.
        large = enlarge(runs.task)
        kept = _confirmed_on(large, "numbers enlarged", runs, kept, cache) or kept
    return tuple(_likeliest_first(runs, kept)), confirmed


class Repairs:
    """Hypotheses that a call of the candidate should be another, tried within a limit of time.

    `tried` counts them, `left` those that time did not suffice for.
    """

    def __init__(self, runs: HypothesisRuns) -> None:
        self._runs, self.tried, self.left = runs, 0, 0

    def explaining(self) -> list[RootCause]:
        """Return those that explain the whole mismatch."""
        try:
            calls = record_calls(self._runs.pair, self._runs.task)
        except ParityError:
            return []
        bugs = list(generate_repairs(calls))
        found, deadline = [], time.monotonic() + REPAIRS_SECONDS
        for bug in bugs:
            if time.monotonic() > deadline:
                break
            self.tried += 1
            found += _try_each(self._runs, [bug], complete=True)
        self.left = len(bugs) - self.tried
        return _explaining(self._runs, found) or _explaining(
            self._runs, [(hypothesis, _between_layers(errors)) for hypothesis, errors in found]
        )


def _between_layers(errors: Errors) -> Errors:
    """Leave out the outputs of a whole model's layers, whose inputs are listed as well.

    A forgotten activation may be within a layer on one side, and follow it on the other.
    """
    return {name: error for name, error in errors.items() if f"{name}/input" not in errors}


def _search(runs: HypothesisRuns, known: Sequence[KnownBug], repairs: Repairs) -> list[RootCause]:
    """Return all explanations of the whole mismatch: known bugs, else repairs, else two bugs."""
    found = _explaining(runs, _try_each(runs, known, complete=False)) or repairs.explaining()
    return found or _explaining(runs, _try_pairs(runs, known))


def _try_pairs(runs: HypothesisRuns, known: Sequence[KnownBug]) -> list[tuple[Hypothesis, Errors]]:
    """Try the bugs that explain a part, two at a time."""
    alone = _try_each(runs, known, complete=True)
    helpful = sorted(alone, key=lambda item: _severity(item[1]))[:PAIRED]
    helpful = [item for item in helpful if _severity(item[1]) < _severity(runs.errors)]
    tried, deadline = [], time.monotonic() + PAIRED_SECONDS
    for (one, _), (other, _) in combinations(helpful, 2):
        if time.monotonic() > deadline:
            break
        errors = runs.try_hypothesis((*one, *other))
        if errors is not None:
            tried.append(((*one, *other), errors))
    return tried


def _try_each(
    runs: HypothesisRuns, known: Sequence[KnownBug], complete: bool
) -> list[tuple[Hypothesis, Errors]]:
    tried = [((bug,), runs.try_hypothesis((bug,), complete)) for bug in known]
    return [(hypothesis, errors) for hypothesis, errors in tried if errors is not None]


def _explaining(runs: HypothesisRuns, tried: list[tuple[Hypothesis, Errors]]) -> list[RootCause]:
    """Return the causes that leave only rounding, or else only that of float32 constants."""
    found = [
        (RootCause(hypothesis, max(errors.values(), default=0.0)), runs.only_rounding(errors))
        for hypothesis, errors in tried
        if runs.explains(errors)
    ]
    exact = [cause for cause, only_rounding in found if only_rounding]
    return exact or sorted((cause for cause, _ in found), key=lambda cause: cause.error_left)


def _confirmed_on(
    task: Task, name: str, runs: HypothesisRuns, found: list[RootCause], cache: RunCache
) -> list[RootCause]:
    """Return the causes that also explain the mismatch on another task, which has a name.

    All of them are returned if its inputs are the same, or the sides do not run on them.
    """
    if same_inputs(task, runs.task):
        return found
    try:
        again = HypothesisRuns(runs.pair, task, cache, f"{runs.variant} {name}")
    except ParityError:
        return found
    if not again.candidate:
        return found
    tried = [(cause, again.try_hypothesis(cause.known_bugs)) for cause in found]
    return [
        cause
        for cause, errors in tried
        if errors is None or again.explains(errors) or again.explains(_between_layers(errors))
    ]


def _likeliest_first(runs: HypothesisRuns, found: list[RootCause]) -> list[RootCause]:
    """Return the causes; options that the candidate reads, and so probably obeys, come last."""
    changes = [bug.change for cause in found for bug in cause.known_bugs]
    if len(found) < 2 or not any(isinstance(change, OtherOptions) for change in changes):
        return found
    read, right = read_options(runs.pair, runs.task), runs.task.options

    def obeyed(bug: KnownBug) -> bool:
        if not isinstance(bug.change, OtherOptions):
            return False
        return any(v != right.get(key) and key in read for key, v in bug.change.options.items())

    return sorted(found, key=lambda cause: any(obeyed(bug) for bug in cause.known_bugs))


def _severity(errors: Errors) -> tuple[int, float]:
    """Return how many outputs are wrong, and the sum of their errors, each at most 1e6."""
    wrong = [min(error, 1e6) for error in errors.values() if error > FLOAT32_CONSTANTS]
    return len(wrong), sum(wrong)
