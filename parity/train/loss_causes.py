"""Relation of the candidate's loss to the reference's at the candidate's own weights."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from parity.arrays import Arrays
from parity.train.finding import SAME, Finding, confirmed_on, same
from parity.train.trajectories import Trajectories

_TRIED = (
    "a factor",
    "a sum of squared weights (an L2 penalty)",
    "the loss in evaluation",
)
_TRIED_MASKS = "no masks, and masks in another order"


def find_loss_causes(given: Trajectories) -> Finding:
    """Return what explains the candidate's losses; nothing if they are the reference's."""
    steps = given.steps
    candidate, reference = (
        np.array(side.losses[:steps]) for side in (given.candidate, given.forced)
    )
    scale = float(np.abs(reference).max())
    if same(candidate, reference, scale):
        return Finding()
    half = steps // 2
    on = confirmed_on(half + 1, steps)
    factor = float(candidate[:half] @ reference[:half]) / float(reference[:half] @ reference[:half])
    if same(factor * reference, candidate, scale * abs(factor)):
        return Finding((f"{_factor_words(factor, given.course.batch_size)} ({on})",))
    names = [n for n in given.shapes if n not in given.forced.without_gradient]
    for words, chosen in (
        ("all weights", names),
        ("the matrices", [n for n in names if len(given.shapes[n]) > 1]),
    ):
        squares = np.sum([np.array(given.candidate.squares[n][:steps]) for n in chosen], axis=0)
        more = candidate - reference
        share = float(squares[:half] @ more[:half]) / float(squares[:half] @ squares[:half])
        if same(reference + share * squares, candidate, scale) and abs(share) > SAME:
            penalty = (
                f"the candidate's loss is the reference's {share:+.6g} times the sum of the "
                f"squares of {words}: an L2 penalty"
            )
            return Finding((f"{penalty} ({on})",))
    return _by_experiment(given)


def _factor_words(factor: float, size: int) -> str:
    words = f"the candidate's loss is {factor:.6g} times the reference's"
    if np.isclose(factor, size, rtol=1e-6):
        return f"{words}: a sum over the batch in the candidate, a mean in the reference"
    if np.isclose(factor * size, 1, rtol=1e-6):
        return f"{words}: a mean over the batch in the candidate, a sum in the reference"
    return words


def _by_experiment(given: Trajectories) -> Finding:
    """Run the reference under other conditions at the candidate's first weights."""
    kept = range(len(given.candidate.whole))
    losses = [given.candidate.losses[step] for step in kept]
    on = confirmed_on(1, len(losses))
    repeated = _loss(given, 0, {}, "candidate")
    if not np.isclose(repeated, losses[0], rtol=SAME, atol=0):
        return Finding(
            (),
            "the loss",
            (
                f"computed twice from the same weights, batch and masks, the candidate's loss is "
                f"{losses[0]:.6g} and {repeated:.6g}: it draws random numbers of its own, or keeps "
                "something that is not among its parameters",
            ),
            entails=True,
        )
    evaluated = [_evaluated(given, step) for step in kept]
    if all(_equal(loss, known) for loss, known in zip(evaluated, losses, strict=True)):
        words = (
            "the candidate's loss in training is the reference's in evaluation: the candidate is "
            "not in training mode"
        )
        return Finding((f"{words} ({on})",), entails=True)
    tried: tuple[str, ...] = _TRIED
    for words, change in _other_masks(given.course.batch(1, given.training), given):
        tried = (*_TRIED, _TRIED_MASKS)
        others = (_loss(given, step, _masks(given, step, change)) for step in kept)
        if all(_equal(loss, known) for loss, known in zip(others, losses, strict=True)):
            words = f"with {words}, the reference has the candidate's loss: check the masks"
            return Finding((f"{words} ({on})",), entails=True)
    return Finding((), "the loss", tried, entails=True)


def _equal(loss: float | None, known: float) -> bool:
    return loss is not None and bool(np.isclose(loss, known, rtol=SAME, atol=0))


def _loss(given: Trajectories, step: int, masks: Arrays, role: str = "reference") -> float:
    run = given.forced_reference if role == "reference" else given.forced_candidate
    run.put(given.candidate.whole[step])
    batch = given.course.batch(step + 1, given.training)
    return float(run.step({**batch, **masks}).loss)


def _evaluated(given: Trajectories, step: int) -> float | None:
    given.forced_reference.put(given.candidate.whole[step])
    batch = given.course.batch(step + 1, given.training)
    records = {name: batch[name] for name in given.course.records.arrays}
    return given.forced_reference.evaluate(records)


# A change of masks: the order of the first axis, None for masks of ones; of all masks or of one.
Change = tuple[list[int] | None, str | None]


def _other_masks(batch: Arrays, given: Trajectories) -> Iterator[tuple[str, Change]]:
    """Yield wrong masks that ports are known to use: none, or for other gates (the first axis)."""
    masks = {n: array for n, array in batch.items() if n not in given.course.records.arrays}
    if not masks:
        return
    yield "no masks", (None, None)
    for name in masks if len(masks) > 1 else ():
        yield f"no {name}", (None, name)
    gates = {len(array) for array in masks.values()}
    if gates <= {2, 3, 4} and len(gates) == 1:
        for order in list(permutations(range(gates.pop())))[1:]:
            words = f"the masks' first axis in the order {', '.join(map(str, order))}"
            yield words, (list(order), None)


def _masks(given: Trajectories, step: int, change: Change) -> Arrays:
    order, only = change
    batch = given.course.batch(step + 1, given.training)
    masks = {n: array for n, array in batch.items() if n not in given.course.records.arrays}
    return {
        name: np.ones_like(array) if order is None else array[order]
        for name, array in masks.items()
        if only in (None, name)
    }
