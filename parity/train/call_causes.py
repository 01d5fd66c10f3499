"""Calls of the candidate's step that do something else than the reference's, found by repairs.

A step is run like a layer, and its loss and gradients are searched as a layer's outputs are
(parity.diagnosing). What explains them is tried again at the next steps' batches, at the weights
that the candidate has there.
"""

from dataclasses import replace

from parity.arrays import Arrays
from parity.declaring.port import Pair, Port
from parity.declaring.trace import Task
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnose import diagnose
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.hypothesis_runs import HypothesisRuns
from parity.diagnosing.run_cache import RunCache
from parity.errors import ParityError
from parity.train.step_pair import batches, evaluation_pair, step_pair, updates_pair
from parity.train.trajectories import Trajectories

# Steps whose updates are searched: the first ones of an optimizer differ from the later ones.
_UPDATES = 3


def find_call_causes(given: Trajectories, kind: str, budget: Budget) -> Diagnosis | None:
    """Return what repairs of the candidate's calls explain; None if a step cannot be run so.

    Args:
        given: both sides' runs.
        kind: "loss", "gradient", "weight" or "evaluation", whichever differs.
        budget: the time that the search may take.
    """
    if kind == "evaluation":
        pairs = [evaluation_pair(given.training)]
    elif kind == "weight":
        pairs = [updates_pair(given.training, _UPDATES)]
    else:
        # Where gradients differ for reasons of their own, the loss alone is explained.
        pairs = [step_pair(given.training), step_pair(given.training, gradients=False)]
        pairs = pairs[: 2 if kind == "loss" else 1]
    found = None
    for pair in pairs:
        try:
            found = _diagnosed(given, pair, kind, budget)
        except ParityError:
            return found
        if found.root_causes or budget.over:
            return found
    return found


def _diagnosed(given: Trajectories, pair: Pair, kind: str, budget: Budget) -> Diagnosis:
    port = Port(pair.layer, (pair,), lambda source, seed, count: given.course.records)
    tasks = _tasks(given, pair, kind)
    found = diagnose(port, pair, pair.configs[0], tasks[0], budget=budget, written=True)
    kept = [c for c in found.root_causes if all(_explains(pair, c, t) for t in tasks[1:])]
    return replace(found, root_causes=tuple(kept))


def _tasks(given: Trajectories, pair: Pair, kind: str) -> list[Task]:
    """Return what the first steps are given: the batch of each, at the candidate's own weights.

    Of updates, which depend on all steps before, the same ones begin at each of these weights.
    """
    training, seed = given.training, given.course.seed
    weight_map = training.weights(training.options)

    def batch(step: int) -> Arrays:
        if kind == "evaluation":
            return given.course.records.arrays
        if kind == "weight":
            return batches(training, given.course, _UPDATES)
        return given.course.batch(step, training)

    return [
        Task(training.options, batch(step), _in_float32(weights), weight_map, (), seed)
        for step, weights in enumerate(given.candidate.whole, start=1)
    ]


def _in_float32(weights: Arrays) -> Arrays:
    return {name: array.astype("float32") for name, array in weights.items()}


def _explains(pair: Pair, cause: RootCause, task: Task) -> bool:
    """Return whether a cause explains the difference at another step, if there is one."""
    try:
        runs = HypothesisRuns(pair, task, RunCache())
    except ParityError:
        return False
    if runs.agrees:
        return True
    errors = runs.try_hypothesis(cause.known_bugs)
    return errors is not None and runs.explains(errors)
