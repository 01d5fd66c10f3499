"""What a fault in a training points to, in words, from what the two float64 runs did in that step.

Nothing here decides whether there is a fault: that is parity.train.drift's. Shares that fit by
this much or more are named; below, the reader is told where to look and no more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.training import Course, Training
from parity.judging import oracle
from parity.runners.training import Moment
from parity.train.drift import Figure
from parity.train.ulp_perturbed import Neighbours

# The part of a difference that a simple law must explain to be named as its cause.
_EXPLAINED = 0.99
_SAME = 1e-6
_NAMED = 3


@dataclass(frozen=True)
class Evidence:
    """The step of a fault: all four runs before and after it, and a reference to try things on."""

    course: Course
    training: Training
    step: int
    before: Mapping[str, Moment]
    after: Mapping[str, Moment]
    neighbours: Neighbours

    def moves(self, names: list[str]) -> tuple[Array, Array]:
        """What the step added to the weights named, on the reference's side and the candidate's."""
        reference, candidate = (
            _flat(self.after[run].weights, names) - _flat(self.before[run].weights, names)
            for run in ("reference64", "candidate64")
        )
        return reference, candidate

    def gradients(self, names: list[str]) -> tuple[Array, Array]:
        """The gradients of the weights named."""
        reference, candidate = (
            _flat(self.after[run].gradients, names) for run in ("reference64", "candidate64")
        )
        return reference, candidate


def cause(kind: str, figures: Sequence[Figure], evidence: Evidence) -> str:
    """What the first quantities to part, all of one kind, point to."""
    names = [figure.name.partition("/")[2] for figure in figures]
    broken = next((figure for figure in figures if figure.broken), None)
    if broken is not None:
        return f"{broken.broken}, first in {broken.name}"
    if all(_reference_differs_from_itself(figure) for figure in figures):
        what = listed(names) if kind != "loss" else "the loss"
        return (
            f"in float32 the sides agree about {what}, and in float64 they do not: the reference "
            "itself does another thing in float64 than in float32"
        )
    find = {"loss": _loss, "gradient": _gradient, "weight": _update, "evaluation": _evaluation}
    return find[kind](names, evidence)


def _reference_differs_from_itself(figure: Figure) -> bool:
    """Whether float64 parts, as far as the reference's two precisions do, where float32 does not"""
    rounding = oracle.ROUNDING_FACTOR * oracle.FLOOR_ULPS * oracle.EPS32 * figure.scale
    own = figure.reference_error
    return figure.apart32 <= rounding < own and bool(np.isclose(own, figure.apart64, rtol=0.1))


def listed(names: list[str]) -> str:
    """A few names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


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
        if np.isclose(_loss_with(masks, evidence), candidate, rtol=_SAME):
            return f"the reference has the candidate's loss with {words}: look at the masks"
    return "the loss itself parts: look at the forward pass in training, and at the loss"


def _other_masks(evidence: Evidence) -> Iterator[tuple[str, Arrays]]:
    """Masks as ports get them wrong: not applied, or for other gates (of the first axis)."""
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


def _loss_with(masks: Arrays, evidence: Evidence) -> float:
    run = evidence.neighbours.start("float64")
    for past in range(1, evidence.step):
        run.step(evidence.course.batch(past, evidence.training))
    return float(
        run.step({**evidence.course.batch(evidence.step, evidence.training), **masks}).loss
    )


def _gradient(names: list[str], evidence: Evidence) -> str:
    reference, candidate = evidence.gradients(names)
    nought = [n for n in names if not np.any(evidence.after["candidate64"].gradients[n])]
    if nought:
        return (
            f"the loss agrees, and the candidate's gradient of {listed(nought)} is nought: not "
            "trained (requires_grad), or cut off on the way (detach)"
        )
    factor = _factor(reference, candidate)
    if factor is not None:
        return (
            f"the loss agrees, and the candidate's gradient of {listed(names)} is {factor:.6g} "
            "times the reference's: look at what the loss is scaled by before its backward"
        )
    if evidence.step > 1:
        last = _flat(evidence.before["candidate64"].gradients, names)
        if np.allclose(candidate - last, reference, rtol=_SAME, atol=_SAME * np.abs(last).max()):
            return (
                "the candidate's gradients are the sum of this step's and the last's: are they "
                "set to zero between steps?"
            )
    return (
        f"the loss agrees, the gradient of {listed(names)} does not: look at the backward of it, "
        "and of what lies between it and the loss"
    )


def _update(names: list[str], evidence: Evidence) -> str:
    still = evidence.after["reference64"].still
    moved = [name for name in names if name not in still]
    if not moved:
        return _statistics(names, evidence)
    names = moved
    reference, candidate = evidence.moves(names)
    unmoved = [n for n in names if not np.any(evidence.moves([n])[1])]
    where = f"the loss and the gradients agree, the update of {listed(names)} does not"
    if unmoved and len(unmoved) < len(evidence.after["reference64"].weights) - len(still):
        return f"{where}; the candidate leaves {listed(unmoved)} as is: does the optimizer have it?"
    held = _flat(evidence.before["reference64"].weights, names)
    size = np.abs(evidence.gradients(names)[0])
    # Where gradients are large no epsilon matters, and nothing hides what else is wrong.
    large = size >= np.quantile(size, 0.75)
    law = _law(reference[large], held[large], candidate[large])
    found = [law.words] if law else []
    if law:
        reference, candidate = law.factor * reference, candidate - law.share * held
    if _grows_as_gradients_shrink(candidate, reference, size):
        found.append(
            "it parts the more the smaller the gradient: look at the optimizer's epsilon, its size "
            "and where it stands"
        )
    if found:
        return f"{where}; {'; and '.join(found)}"
    return f"{where}: look at the optimizer's rule"


def _statistics(names: list[str], evidence: Evidence) -> str:
    reference, candidate = evidence.moves(names)
    where = (
        f"the loss and the gradients agree, {listed(names)} does not, which no gradient moves: "
        "running statistics"
    )
    factor = _factor(reference, candidate)
    if factor is not None:
        return (
            f"{where}; the candidate's moves {factor:.6g} times as far: look at the momentum, "
            "which is m in one framework and 1 - m in the other"
        )
    return f"{where}; look at their momentum, and at whether the variance is the unbiased one"


def _evaluation(names: list[str], evidence: Evidence) -> str:
    return (
        "losses, gradients and weights agree in training, the loss in evaluation does not: is the "
        "mode changed (dropout off, running statistics in use)?"
    )


def _flat(arrays: Arrays, names: list[str]) -> Array:
    """All values in one row; NaN and infinity, where both sides have them, tell nothing here."""
    flat = np.concatenate([arrays[name].ravel().astype(np.float64) for name in names])
    return np.where(np.isfinite(flat), flat, 0.0)


def _factor(reference: Array, candidate: Array) -> float | None:
    """The number that turns all of the reference's into the candidate's; None if there is none."""
    square = float(reference @ reference)
    factor = float(reference @ candidate) / square if square else 0.0
    left = float(np.abs(candidate - factor * reference).max())
    return factor if square and left <= _SAME * float(np.abs(reference).max()) else None


@dataclass(frozen=True)
class _Law:
    """A candidate's step: so many times the reference's, and a share of the weight; in words."""

    factor: float
    share: float
    words: str


def _law(reference: Array, held: Array, candidate: Array) -> _Law | None:
    """What a candidate's step is made of, if but of the reference's step and of the weight."""
    solved = np.linalg.lstsq(np.stack([reference, held], 1), candidate, rcond=None)[0]
    factor, share = (float(value) for value in solved)
    slack = _SAME * float(np.abs(reference).max())
    if np.abs(candidate - factor * reference - share * held).max() <= slack:
        negligible = abs(share) * float(np.abs(held).max()) <= slack
        if negligible and abs(factor - 1) < oracle.EPS32:
            return _Law(
                factor,
                0.0,
                f"the candidate's step is {abs(factor - 1):.1e} of itself off: a rate, or another "
                "number of the optimizer, is kept in float32 on one side",
            )
        if abs(factor - 1) > _SAME:
            beside = "" if negligible else f", and {share:+.3g} of the weight itself"
            return _Law(
                factor,
                share,
                f"the candidate's step is {factor:.6g} times the reference's{beside}: look at the "
                "learning rate and its schedule",
            )
    difference = candidate - reference
    share = float(held @ difference) / (float(held @ held) or 1.0)
    left = float(np.sum((difference - share * held) ** 2))
    if left <= (1 - _EXPLAINED) * float(difference @ difference):
        return _Law(
            1.0,
            share,
            f"beside the reference's step, the candidate's has {share:+.3g} of the weight itself: "
            "look at the weight decay",
        )
    return None


def _grows_as_gradients_shrink(candidate: Array, reference: Array, size: Array) -> bool:
    """Whether steps part, relatively, ten times as much where gradients are of the smallest."""
    moved = (reference != 0) & (size != 0)
    if moved.sum() < 4:
        return False
    parting, size = np.abs(candidate[moved] / reference[moved] - 1), size[moved]
    small = float(np.median(parting[size <= np.quantile(size, 0.25)]))
    large = float(np.median(parting[size >= np.quantile(size, 0.75)]))
    return small > _SAME and small > 10 * large
