"""Diagnosis of a mismatch: where it first arises, and which known bug explains it, with evidence.

Everything is compared in float64. A known bug explains a mismatch if, under the hypothesis that the
candidate has it, the remaining difference is only rounding. Every known bug is tried alone; if none
explains the whole mismatch, other calls in place of the candidate's are, and then pairs of those
known bugs that explain a part. Explanations are tried again on the same records in reverse order,
where hypotheses that tie on the given order may differ. A hypothesis that leaves more than rounding
is never reported as the cause, and none is certain if two explain the mismatch equally well.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from parity.checking.independent import at_divergence
from parity.declaring.frameworks import Recorded
from parity.declaring.known_bug import KnownBug, OtherOperation, OtherOptions, PatchedCode
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task
from parity.diagnosing import raising
from parity.diagnosing.budget import Budget
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
from parity.diagnosing.patches import with_places
from parity.diagnosing.precise_operations import find_precise_operations
from parity.diagnosing.run_cache import RunCache
from parity.errors import ParityError
from parity.known_bugs.catalogue import generate_known_bugs
from parity.known_bugs.operations import generate_repairs, record_calls
from parity.known_bugs.options import read_options

# Maximum number of partially explaining bugs to try in pairs.
PAIRED = 24


def diagnose(
    port: Port,
    pair: Pair,
    config: Configuration,
    task: Task,
    cache: RunCache | None = None,
    divergence: str = "",
    budget: Budget | None = None,
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
        budget: the time that the search may take.

    Raises ParityError if the reference does not run in float64.
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
    if not causes and runs.agrees and runs is given:
        causes = find_precise_operations(pair, config, task, known)
    calls = _recorded(runs) if any(map(_is_in_a_call, causes)) else []
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
        search.repairs_left,
        search.known_left,
        tuple(calls),
    )


def _is_in_a_call(cause: RootCause) -> bool:
    return any(isinstance(bug.change, OtherOperation) for bug in cause.known_bugs)


def _recorded(runs: HypothesisRuns) -> list[Recorded]:
    try:
        return record_calls(runs.pair, runs.task)
    except ParityError:
        return []


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


class Search:
    """Search for what explains the whole mismatch, within a budget of time.

    `repairs_tried` counts other calls in place of the candidate's own, `repairs_left` and
    `known_left` what time did not suffice for.
    """

    def __init__(self, runs: HypothesisRuns, budget: Budget) -> None:
        self._runs, self._budget = runs, budget
        self.repairs_tried = self.repairs_left = self.known_left = 0

    def explanations(self, known: Sequence[KnownBug]) -> list[RootCause]:
        """Return all explanations: single known bugs, else repairs, else two known bugs."""
        tried = self._try_each(known, complete=False)
        self.known_left = len(known) - self._count
        found = _explaining(self._runs, tried)
        return found or self._repairs() or _explaining(self._runs, self._try_pairs(known))

    def _try_each(
        self, bugs: Sequence[KnownBug], complete: bool
    ) -> list[tuple[Hypothesis, Errors]]:
        """Try bugs, each alone, while there is time; `_count` says how many."""
        found: list[tuple[Hypothesis, Errors]] = []
        self._count = 0
        for bug in bugs:
            if self._budget.over:
                break
            self._count += 1
            self._budget.say(f"{bug.name} ({self._count} of {len(bugs)})")
            errors = self._runs.try_hypothesis((bug,), complete)
            if errors is not None:
                found.append(((bug,), errors))
        return found

    def _repairs(self) -> list[RootCause]:
        """Return the other calls in place of the candidate's own that explain it."""
        bugs = list(generate_repairs(_recorded(self._runs)))
        found = self._try_each(bugs, complete=True)
        self.repairs_tried = self._count
        self.repairs_left = len(bugs) - self._count
        return _explaining(self._runs, found) or _explaining(
            self._runs, [(hypothesis, _between_layers(errors)) for hypothesis, errors in found]
        )

    def _try_pairs(self, known: Sequence[KnownBug]) -> list[tuple[Hypothesis, Errors]]:
        """Try the bugs that explain a part, two at a time."""
        runs, budget = self._runs, self._budget
        alone = self._try_each(known, complete=True)
        helpful = sorted(alone, key=lambda item: _severity(item[1]))[:PAIRED]
        helpful = [item for item in helpful if _severity(item[1]) < _severity(runs.errors)]
        tried = []
        for (one, _), (other, _) in combinations(helpful, 2):
            if budget.over:
                break
            budget.say(f"{one[0].name} and {other[0].name}")
            errors = runs.try_hypothesis((*one, *other))
            if errors is not None:
                tried.append(((*one, *other), errors))
        return tried


def _between_layers(errors: Errors) -> Errors:
    """Leave out the outputs of a whole model's layers, whose inputs are listed as well.

    A forgotten activation may be within a layer on one side, and follow it on the other.
    """
    return {name: error for name, error in errors.items() if f"{name}/input" not in errors}


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
