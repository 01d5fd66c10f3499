"""Relation of the candidate's loss in evaluation to the reference's, at the same weights."""

import numpy as np

from parity.arrays import Arrays
from parity.train.finding import SAME, Finding, confirmed_on
from parity.train.trajectories import Trajectories

_TRIED = ("a factor", "the reference's loss in training, on the same records")


def find_evaluation_causes(given: Trajectories) -> Finding:
    """Return what explains the candidate's losses in evaluation; nothing if they agree."""
    records = given.course.records.arrays
    candidate: list[float] = []
    reference: list[float] = []
    trained: list[float] = []
    for start in given.candidate.whole:
        for run, losses in (
            (given.forced_candidate, candidate),
            (given.forced_reference, reference),
        ):
            run.put(start)
            loss = run.evaluate(records)
            if loss is None:
                return Finding()
            losses.append(loss)
        given.forced_reference.put(start)
        trained.append(float(given.forced_reference.step({**records, **_ones(given)}).loss))
    if np.allclose(candidate, reference, rtol=SAME, atol=0):
        return Finding()
    on = confirmed_on(1, len(candidate))
    factor = candidate[0] / reference[0]
    if np.allclose(candidate, factor * np.array(reference), rtol=SAME, atol=0):
        words = f"the candidate's loss in evaluation is {factor:.6g} times the reference's"
        return Finding((f"{words} ({on})",))
    if np.allclose(candidate, trained, rtol=SAME, atol=0):
        words = (
            "the candidate's loss in evaluation is the reference's in training, without dropout: "
            "the candidate is not in evaluation mode, and uses the batch's statistics"
        )
        return Finding((f"{words} ({on})",))
    return Finding((), "the loss in evaluation", _TRIED)


def _ones(given: Trajectories) -> Arrays:
    """Return masks of ones for all records."""
    masks = given.training.masks(
        given.training.options, given.course.count, np.random.default_rng(0)
    )
    return {name: np.ones_like(array) for name, array in masks.items()}
