"""Root causes of a divergence in training: only what was tested.

Both sides run again in float64 for some dozens of steps (parity.train.trajectories). The loss, the
gradients, the updates and the averages are then compared one by one, each by itself, so that
several differences are found at once. A cause is named only if it was confirmed on steps that
nothing was fitted to; else the cause is unknown, and what was tried is listed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Arrays
from parity.declaring.training import Course, Training
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnosis import Diagnosis
from parity.errors import ParityError
from parity.judging import oracle
from parity.report.diagnosis import in_one_line
from parity.runners.training import StepResult
from parity.train.average_causes import find_average_causes
from parity.train.call_causes import find_call_causes
from parity.train.drift import QuantityComparison
from parity.train.evaluation_causes import find_evaluation_causes
from parity.train.finding import Finding, confirmed_on, shorten
from parity.train.gradient_causes import find_gradient_causes
from parity.train.loss_causes import find_loss_causes
from parity.train.trajectories import Trajectories, Trajectory, run_again
from parity.train.update_causes import find_update_causes

# Share of the difference between the sides by which a side may differ from itself, run again.
_REPEATED = 0.01
_WHERE = {
    "loss": "",
    "gradient": "the loss agrees, but not the gradients: ",
    "weight": "the loss and the gradients agree, but not the weights after the step: ",
    "evaluation": "training agrees, but not the loss in evaluation: ",
}


@dataclass(frozen=True)
class RootCause:
    """Explanation of a divergence.

    Args:
        causes: each confirmed, in words; empty if the cause is unknown.
        unknown: what differs without a known cause; "" if nothing does.
        tried: what was tried for it.
        where: what agrees in the step, and what does not.
        repair: the diagnosis of one step, if repairs of the candidate's calls were tried.
    """

    causes: tuple[str, ...] = ()
    unknown: str = ""
    tried: tuple[str, ...] = ()
    where: str = ""
    repair: Diagnosis | None = None

    def __str__(self) -> str:
        parts = list(self.causes)
        if self.unknown or not parts:
            tried = f" (tried: {'; '.join(self.tried)})" if self.tried else ""
            differs = f" of the difference in {self.unknown}" if self.unknown else ""
            parts.append(f"cause unknown{differs}{tried}")
        return self.where + "; and ".join(parts)


@dataclass(frozen=True)
class Evidence:
    """Step of a divergence: all four runs after it, and where they started.

    `budget` is the time for repairs of the candidate's calls; without it, none are tried.
    """

    course: Course
    training: Training
    step: int
    after: Mapping[str, StepResult]
    weights: Arrays
    budget: Budget | None = None


def find_root_cause(
    kind: str, failing: Sequence[QuantityComparison], evidence: Evidence
) -> RootCause:
    """Return what explains the failing quantities, all of one kind."""
    broken = next((comparison for comparison in failing if comparison.structure_error), None)
    if broken is not None:
        return RootCause((f"{broken.structure_error}, first in {broken.name}",))
    if all(_reference_changes_with_dtype(comparison) for comparison in failing):
        names = [comparison.name.partition("/")[2] for comparison in failing]
        what = shorten(names) if kind != "loss" else "the loss"
        return RootCause(
            (
                f"the sides agree on {what} in float32 but not in float64: the reference itself "
                "computes something else in float64 than in float32",
            )
        )
    if not any(comparison.difference64 > comparison.logic for comparison in failing):
        return RootCause((), "", ("float64, where the sides agree: only float32 is less exact",))
    try:
        given = run_again(evidence.training, evidence.course, evidence.weights, evidence.step)
        random = _random(failing, evidence, given)
        found = random or _deterministic(kind, given, evidence.budget)
        return replace(found, where=_WHERE[kind])
    except ParityError as error:
        return RootCause((), "", (f"running both sides again, but {error}",))


def _reference_changes_with_dtype(comparison: QuantityComparison) -> bool:
    """Return True if the sides agree in float32, and the reference alone changes with the dtype."""
    rounding = oracle.ROUNDING_FACTOR * oracle.FLOOR_ULPS * oracle.EPS32 * comparison.scale
    own = comparison.reference_error
    same_distance = bool(np.isclose(own, comparison.difference64, rtol=0.1))
    return comparison.difference32 <= rounding < own and same_distance


def _random(
    failing: Sequence[QuantityComparison], evidence: Evidence, given: Trajectories
) -> RootCause | None:
    """Return that a side is random if it differs from itself, run again; None if neither does."""
    for role in ("candidate", "reference"):
        again: Trajectory = getattr(given, role)
        first = evidence.after[f"{role}64"]
        for comparison in failing:
            kind, _, name = comparison.name.partition("/")
            off = _differs_from_itself(kind, name, first, again, evidence.step)
            if off > _REPEATED * comparison.difference64:
                what = {"loss": "loss", "gradient": "gradient of", "weight": "update of"}[kind]
                words = (
                    f"the {role} is not deterministic: run again from the same weights, over the "
                    f"same batches and masks, its {f'{what} {name}'.strip()} differs by {off:.2g}, "
                    f"where the sides differ by {comparison.difference64:.2g}"
                )
                return RootCause((words,))
    return None


def _differs_from_itself(
    kind: str, name: str, first: StepResult, again: Trajectory, step: int
) -> float:
    if step > again.steps or kind == "evaluation":
        return 0.0
    if kind == "loss":
        return abs(float(first.loss) - again.losses[step - 1])
    if kind == "gradient":
        norm = float(np.sqrt(np.sum(first.gradients[name].astype(np.float64) ** 2)))
        return abs(norm - again.norms[name][step - 1])
    if step < again.steps:
        square = float(np.sum(first.weights[name].astype(np.float64) ** 2))
        return abs(square - again.squares[name][step]) / max(2 * math.sqrt(square), 1e-300)
    return 0.0


def _deterministic(kind: str, given: Trajectories, budget: Budget | None) -> RootCause:
    """Return the causes in every part of a step; the part that diverged first comes first."""
    if kind == "evaluation":
        evaluation, repair = _or_repaired(find_evaluation_causes(given), kind, given, budget)
        return RootCause(evaluation.causes, evaluation.unexplained, evaluation.tried, repair=repair)
    loss, repair = _or_repaired(find_loss_causes(given), "loss", given, budget)
    gradient = find_gradient_causes(given)
    if loss.entails:
        gradient = Finding()
    elif repair is None:
        gradient, repair = _or_repaired(gradient, "gradient", given, budget)
    update = find_update_causes(given)
    if repair is None and not (loss.causes or gradient.causes):
        update, repair = _or_repaired(update, "weight", given, budget)
    parts = [loss, gradient, update, find_average_causes(given)]
    causes = [cause for finding in parts for cause in finding.causes]
    unknown = [finding.unexplained for finding in parts if finding.unexplained]
    tried = [words for finding in parts for words in finding.tried]
    if not causes and not unknown:
        tried = [f"the loss, gradients, updates and averages of {given.steps} steps, one by one"]
    return RootCause(tuple(causes), "; ".join(unknown), tuple(tried), repair=repair)


def _or_repaired(
    found: Finding, kind: str, given: Trajectories, budget: Budget | None
) -> tuple[Finding, Diagnosis | None]:
    """Return the finding, or what repairs of the candidate's calls explain where it lacks a cause.

    The diagnosis of these comes with it, if they were tried.
    """
    if not found.unexplained or budget is None:
        return found, None
    try:
        repair = find_call_causes(given, kind, budget)
    except KeyboardInterrupt:
        return replace(found, tried=(*found.tried, "a search that was interrupted")), None
    if repair is None:
        return found, None
    if not repair.root_causes:
        return replace(found, tried=(*found.tried, in_one_line(repair))), repair
    on = confirmed_on(1, len(given.candidate.whole))
    causes = (*found.causes, f"{in_one_line(repair)} ({on})")
    return replace(found, causes=causes, unexplained="", tried=()), repair
