"""Diagnosis of a mismatch: where it first arises, and which known bug explains it, with evidence.

Everything is compared in float64, or in float32 where a side does not run in float64. A known bug
explains a mismatch if, under the hypothesis that the candidate has it, the remaining difference is
only rounding. Every known bug is tried alone; if none explains the whole mismatch, other calls in
place of the candidate's are, and then pairs of those known bugs that explain a part. Explanations
are tried again on the same records in reverse order, where hypotheses that tie on the given order
may differ. A hypothesis that leaves more than rounding is never reported as the cause, and none is
certain if two explain the mismatch equally well, or float32 alone shows it.
"""

from collections.abc import Callable
from dataclasses import replace

from parity.checking.independent import at_divergence
from parity.declaring.known_bug import KnownBug, OtherOperation, OtherOptions, PatchedCode
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task
from parity.diagnosing import raising
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.hypothesis_runs import Errors, HypothesisRuns
from parity.diagnosing.other_inputs import enlarge, reverse_records, same_inputs
from parity.diagnosing.patches import with_places
from parity.diagnosing.precise_operations import find_precise_operations
from parity.diagnosing.run_cache import RunCache
from parity.diagnosing.search import Search, recorded_calls
from parity.diagnosing.trials import PARTS
from parity.errors import ParityError
from parity.known_bugs.catalogue import generate_known_bugs
from parity.known_bugs.options import read_options


def diagnose(
    port: Port,
    pair: Pair,
    config: Configuration,
    task: Task,
    cache: RunCache | None = None,
    divergence: str = "",
    budget: Budget | None = None,
    written: bool = False,
) -> Diagnosis:
    """Return the diagnosis of a pair's mismatch on a task.

    Args:
        port: the port, for its own known bugs.
        pair: the pair that fails.
        config: the configuration under which it fails.
        task: what an isolated case of it runs (`Checker.task`).
        cache: where runs are kept, if other candidates of this case are diagnosed as well, or the
            verdict held constants otherwise than they are.
        divergence: the output of a whole model that is diagnosed alone, with everything before it
            as in the reference.
        budget: the time that the search may take.
        written: whether to look for the statement that a known bug is written in.

    Raises ParityError if the reference does not run.
    """
    cache, budget = cache or RunCache(), budget or Budget()
    if divergence:
        pair, task = at_divergence(pair, divergence), replace(task, differentiate=())
    given = HypothesisRuns(pair, task, cache)
    binary = None if given.candidate else raising.run_on_zeros_and_ones(pair, task, cache)
    runs = binary or given
    known = _recognisable_bugs(port, runs, config, cache)
    search = Search(runs, budget)
    causes, confirmed = _find_root_causes(given, runs, known, search, cache)
    if not causes and runs.agrees and runs is given and runs.dtype == "float64":
        causes = find_precise_operations(pair, config, task, known)
    if written and len(causes) == 1 and confirmed and not causes[0].evidence:
        causes = (search.written(causes[0]),)
    calls = recorded_calls(runs) if any(map(_is_in_a_call, causes)) else []
    calls += search.grafted
    names = list(runs.errors)
    differing = [name for name in names if not runs.is_rounding(name, runs.errors[name])]
    intermediate = differing[0] if differing else None
    return Diagnosis(
        pair.layer,
        config.name,
        intermediate,
        tuple(names[: names.index(intermediate)]) if intermediate else tuple(names),
        max(runs.errors.values(), default=0.0),
        tuple(with_places(cause, calls) for cause in causes),
        len(known) - search.known_left,
        runs.describe_pattern(intermediate) if intermediate and not causes else "",
        "" if given.candidate else given.failure,
        runs is binary,
        confirmed,
        bool(divergence),
        search.repairs_tried,
        search.statements_tried,
        search.repairs_left,
        search.known_left,
        tuple(calls),
        runs.dtype,
    )


def _is_in_a_call(cause: RootCause) -> bool:
    return any(isinstance(bug.change, OtherOperation) for bug in cause.known_bugs)


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
    search: "Search",
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
    found = search.explanations(plain)
    if not found:
        return (), True
    kept = _confirmed_on(reverse_records(runs.task), "rows reversed", runs, found, cache)
    confirmed, kept = bool(kept), kept or found
    if len(kept) > 1:
        # Causes that differ only for large numbers, such as relu and relu6.
        large = enlarge(runs.task)
        kept = _confirmed_on(large, "numbers enlarged", runs, kept, cache) or kept
    return tuple(_likeliest_first(runs, kept)), confirmed


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
        if errors is None or again.explains(_judged_part(runs, cause)(errors))
    ]


def _judged_part(runs: HypothesisRuns, cause: RootCause) -> Callable[[Errors], Errors]:
    """Return what leaves out the outputs that a cause was not judged by; most are by all."""
    errors = runs.try_hypothesis(cause.known_bugs) or {}
    return next((part for part in PARTS if runs.explains(part(errors))), PARTS[0])


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
