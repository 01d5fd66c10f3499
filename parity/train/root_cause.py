"""Root cause of a divergence in training, described from the two float64 runs in that step.

parity.train.drift decides whether there is a divergence at all. A cause is named only where it fits
the numbers closely (`_SAME`, `_EXPLAINED`); otherwise the text only says where to look.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.training import Course, Training
from parity.judging import oracle
from parity.runners.training import StepResult
from parity.train.drift import QuantityComparison
from parity.train.ulp_perturbed import PerturbedRuns

# Share of a difference that a cause must explain to be named.
_EXPLAINED = 0.99
# Relative difference up to which two float64 numbers count as the same.
_SAME = 1e-6
_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Evidence:
    """Step of a divergence: all four runs before and after it, and a reference for experiments."""

    course: Course
    training: Training
    step: int
    before: Mapping[str, StepResult]
    after: Mapping[str, StepResult]
    perturbed: PerturbedRuns

    def updates(self, names: list[str]) -> tuple[Array, Array]:
        """Return what the step added to the named weights, in the reference and the candidate."""
        reference, candidate = (
            _flat(self.after[run].weights, names) - _flat(self.before[run].weights, names)
            for run in ("reference64", "candidate64")
        )
        return reference, candidate

    def gradients(self, names: list[str]) -> tuple[Array, Array]:
        """Return the gradients of the named weights, in the reference and the candidate."""
        reference, candidate = (
            _flat(self.after[run].gradients, names) for run in ("reference64", "candidate64")
        )
        return reference, candidate


def find_root_cause(kind: str, failing: Sequence[QuantityComparison], evidence: Evidence) -> str:
    """Return what explains the failing quantities, all of one kind, or else where to look."""
    names = [comparison.name.partition("/")[2] for comparison in failing]
    broken = next((comparison for comparison in failing if comparison.structure_error), None)
    if broken is not None:
        return f"{broken.structure_error}, first in {broken.name}"
    if all(_reference_changes_with_dtype(comparison) for comparison in failing):
        what = shorten(names) if kind != "loss" else "the loss"
        return (
            f"the sides agree on {what} in float32 but not in float64: the reference itself "
            "computes something else in float64 than in float32"
        )
    find = {"loss": _loss, "gradient": _gradient, "weight": _update, "evaluation": _evaluation}
    return find[kind](names, evidence)


def _reference_changes_with_dtype(comparison: QuantityComparison) -> bool:
    """Return True if the sides agree in float32, and the reference alone changes with the dtype."""
    rounding = oracle.ROUNDING_FACTOR * oracle.FLOOR_ULPS * oracle.EPS32 * comparison.scale
    own = comparison.reference_error
    same_distance = bool(np.isclose(own, comparison.difference64, rtol=0.1))
    return comparison.difference32 <= rounding < own and same_distance


def shorten(names: list[str]) -> str:
    """Return the first names and the number of further ones."""
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _loss(names: list[str], evidence: Evidence) -> str:
    reference, candidate = (
        float(evidence.after[run].loss) for run in ("reference64", "candidate64")
    )
    size = evidence.course.batch_size
    for factor, words in (
        (size, "a sum over the batch in the candidate, a mean in the reference"),
        (1 / size, "a mean over the batch in the candidate, a sum in the reference"),
    ):
        if np.isclose(candidate, factor * reference, rtol=_SAME):
            return f"the candidate's loss is {factor:g} times the reference's: {words}"
    for words, masks in _other_masks(evidence):
        if np.isclose(_reference_loss(masks, evidence), candidate, rtol=_SAME):
            return f"with {words}, the reference has the candidate's loss: check the masks"
    return "the loss itself differs: check the forward pass in training mode, and the loss"


def _other_masks(evidence: Evidence) -> Iterator[tuple[str, Arrays]]:
    """Yield wrong masks that ports are known to use: none, or for other gates (the first axis)."""
    batch = evidence.course.batch(evidence.step, evidence.training)
    masks = {n: array for n, array in batch.items() if n not in evidence.course.records.arrays}
    if not masks:
        return
    yield "no masks", {n: np.ones_like(array) for n, array in masks.items()}
    for name, array in masks.items():
        if len(masks) > 1:
            yield f"no {name}", {name: np.ones_like(array)}
    gates = {len(array) for array in masks.values()}
    if gates <= {2, 3, 4} and len(gates) == 1:
        for order in list(permutations(range(gates.pop())))[1:]:
            yield (
                f"the masks' first axis in the order {', '.join(map(str, order))}",
                {n: array[list(order)] for n, array in masks.items()},
            )


def _reference_loss(masks: Arrays, evidence: Evidence) -> float:
    """Return the reference's float64 loss at the step of the divergence, under other masks."""
    run = evidence.perturbed.start("float64")
    for past in range(1, evidence.step):
        run.step(evidence.course.batch(past, evidence.training))
    batch = evidence.course.batch(evidence.step, evidence.training)
    return float(run.step({**batch, **masks}).loss)


def _gradient(names: list[str], evidence: Evidence) -> str:
    reference, candidate = evidence.gradients(names)
    zero = [n for n in names if not np.any(evidence.after["candidate64"].gradients[n])]
    if zero:
        return (
            f"the loss agrees, but the candidate's gradient of {shorten(zero)} is zero: is it "
            "not trained (requires_grad), or detached on the way?"
        )
    factor = _factor(reference, candidate)
    if factor is not None:
        return (
            f"the loss agrees, but the candidate's gradient of {shorten(names)} is {factor:.6g} "
            "times the reference's: check what scales the loss before its backward pass"
        )
    if evidence.step > 1:
        last = _flat(evidence.before["candidate64"].gradients, names)
        if np.allclose(candidate - last, reference, rtol=_SAME, atol=_SAME * np.abs(last).max()):
            return (
                "the candidate's gradients are the sum of this step's and the previous step's: "
                "are they set to zero between steps?"
            )
    return (
        f"the loss agrees, but not the gradient of {shorten(names)}: check its backward pass, and "
        "that of everything between it and the loss"
    )


def _update(names: list[str], evidence: Evidence) -> str:
    still = evidence.after["reference64"].without_gradient
    trained = [name for name in names if name not in still]
    if not trained:
        return _statistics(names, evidence)
    reference, candidate = evidence.updates(trained)
    where = f"the loss and the gradients agree, but not the update of {shorten(trained)}"
    unmoved = [n for n in trained if not np.any(evidence.updates([n])[1])]
    if unmoved and len(unmoved) < len(evidence.after["reference64"].weights) - len(still):
        return (
            f"{where}; the candidate leaves {shorten(unmoved)} unchanged: was it passed to the "
            "optimizer?"
        )
    weights = _flat(evidence.before["reference64"].weights, trained)
    size = np.abs(evidence.gradients(trained)[0])
    # Where gradients are large, epsilon has no effect and cannot hide another cause.
    large = size >= np.quantile(size, 0.75)
    rule = _update_rule(reference[large], weights[large], candidate[large])
    causes = [rule.words] if rule else []
    if rule:
        reference, candidate = rule.factor * reference, candidate - rule.share * weights
    if _differs_more_at_small_gradients(candidate, reference, size):
        causes.append(
            "the smaller the gradient, the larger the difference: check the optimizer's epsilon, "
            "its value and where it is added"
        )
    return f"{where}; {'; and '.join(causes)}" if causes else f"{where}: check the optimizer's rule"


def _statistics(names: list[str], evidence: Evidence) -> str:
    reference, candidate = evidence.updates(names)
    where = (
        f"the loss and the gradients agree, but not {shorten(names)}, which no gradient moves: "
        "running statistics"
    )
    factor = _factor(reference, candidate)
    if factor is not None:
        return (
            f"{where}; the candidate's update is {factor:.6g} times the reference's: check the "
            "momentum, which is m in one framework and 1 - m in the other"
        )
    return f"{where}; check their momentum, and whether the variance is the unbiased one"


def _evaluation(names: list[str], evidence: Evidence) -> str:
    return (
        "losses, gradients and weights agree in training, but not the loss in evaluation: is the "
        "mode changed (dropout off, running statistics in use)?"
    )


def _flat(arrays: Arrays, names: list[str]) -> Array:
    """Return all values in one row, with 0 for NaN and infinity, which are on both sides here."""
    flat = np.concatenate([arrays[name].ravel().astype(np.float64) for name in names])
    return np.where(np.isfinite(flat), flat, 0.0)


def _factor(reference: Array, candidate: Array) -> float | None:
    """Return the factor if the candidate is a multiple of the reference, None if it is not."""
    square = float(reference @ reference)
    factor = float(reference @ candidate) / square if square else 0.0
    residual = float(np.abs(candidate - factor * reference).max())
    return factor if square and residual <= _SAME * float(np.abs(reference).max()) else None


@dataclass(frozen=True)
class _UpdateRule:
    """Candidate's update as `factor` times the reference's plus `share` times the weight."""

    factor: float
    share: float
    words: str


def _update_rule(reference: Array, weights: Array, candidate: Array) -> _UpdateRule | None:
    """Return the rule that the candidate's update follows; None if no such rule fits it."""
    solved = np.linalg.lstsq(np.stack([reference, weights], 1), candidate, rcond=None)[0]
    factor, share = (float(value) for value in solved)
    slack = _SAME * float(np.abs(reference).max())
    if np.abs(candidate - factor * reference - share * weights).max() <= slack:
        negligible = abs(share) * float(np.abs(weights).max()) <= slack
        if negligible and abs(factor - 1) < oracle.EPS32:
            return _UpdateRule(
                factor,
                0.0,
                f"the candidate's update has a relative error of {abs(factor - 1):.1e}: the "
                "learning rate, or another number of the optimizer, is kept in float32 on one side",
            )
        if abs(factor - 1) > _SAME:
            plus = "" if negligible else f", plus {share:+.3g} of the weight itself"
            return _UpdateRule(
                factor,
                share,
                f"the candidate's update is {factor:.6g} times the reference's{plus}: check the "
                "learning rate and its schedule",
            )
    difference = candidate - reference
    share = float(weights @ difference) / (float(weights @ weights) or 1.0)
    residual = float(np.sum((difference - share * weights) ** 2))
    if residual <= (1 - _EXPLAINED) * float(difference @ difference):
        return _UpdateRule(
            1.0,
            share,
            f"the candidate's update is the reference's plus {share:+.3g} of the weight itself: "
            "check the weight decay",
        )
    return None


def _differs_more_at_small_gradients(candidate: Array, reference: Array, size: Array) -> bool:
    """Return True if updates differ, relatively, ten times as much at the smallest gradients."""
    moved = (reference != 0) & (size != 0)
    if moved.sum() < 4:
        return False
    difference, size = np.abs(candidate[moved] / reference[moved] - 1), size[moved]
    small = float(np.median(difference[size <= np.quantile(size, 0.25)]))
    large = float(np.median(difference[size >= np.quantile(size, 0.75)]))
    return small > _SAME and small > 10 * large
