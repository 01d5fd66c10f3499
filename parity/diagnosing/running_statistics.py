"""Running statistics of both sides in training: which share each keeps, and what it averages.

The two steps of a run in training are equal but for the statistics, so v1 = m v0 + (1 - m) s and
v2 = m v1 + (1 - m) s give the share m that is kept, and the batch's own statistic s.
"""

from dataclasses import dataclass

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.trace import Task
from parity.judging.elementwise import largest_gap, magnitude
from parity.runners.training_session import state_name

# What is left of a difference once its cause is undone: rounding, of constants in float32 too.
LEFT = 1e-7
# How far a number measured on one element may be from that of the others.
ALIKE = 1e-6


@dataclass(frozen=True)
class TrainingCause:
    """A root cause that was tested: what it is, what shows it, and the relative error it leaves."""

    what: str
    evidence: str
    error_left: float = 0.0


@dataclass(frozen=True)
class _Average:
    """A running statistic of one side: the share it keeps, and what it averages."""

    keeps: float
    statistic: Array


def statistics_causes(
    runs: tuple[Arrays, Arrays], task: Task, state: tuple[str, ...]
) -> list[TrainingCause]:
    """Return how the running statistics of the two sides differ, each cause once."""
    found: dict[str, dict[str, float]] = {}
    for name in state:
        start = task.weights[name].astype(np.float64)
        reference, candidate = (_average(start, run, name) for run in runs)
        said, ratio = _compared(reference, candidate)
        left = 0.0
        if isinstance(reference, _Average) and isinstance(candidate, _Average):
            # The reference's first step, from the candidate's own statistic.
            again = reference.keeps * start + (1 - reference.keeps) * candidate.statistic / ratio
            first = runs[0][state_name(name, 1)]
            left = largest_gap(first, again).size / (magnitude(first) or 1.0)
        for what in said if left <= LEFT else ():
            found.setdefault(what, {})[name] = left
    return [
        TrainingCause(f"{what} ({', '.join(left)})", "measured over two steps", max(left.values()))
        for what, left in found.items()
    ]


def _average(start: Array, run: Arrays, name: str) -> _Average | str | None:
    """Return what a side's statistic is; "" if it never changes, None if it is no average."""
    v0 = start
    v1, v2 = (run[state_name(name, step)] for step in (1, 2))
    if np.array_equal(v0, v1) and np.array_equal(v1, v2):
        return ""
    moved = np.abs(v1 - v0) > 1e-9 * np.max(np.abs(v0), initial=0.0)
    if not moved.any():
        return None
    shares = ((v2 - v1)[moved] / (v1 - v0)[moved]).ravel()
    keeps = float(np.median(shares))
    if not 0 < keeps < 1 or np.max(np.abs(shares - keeps)) > ALIKE:
        return None
    return _Average(keeps, (v1 - keeps * v0) / (1 - keeps))


def _compared(
    reference: _Average | str | None, candidate: _Average | str | None
) -> tuple[list[str], float]:
    """Return how two averages differ, and the ratio of what they average."""
    if reference == "" or candidate == "":
        if reference == candidate:
            return [], 1.0
        still, moves = ("candidate", "reference") if candidate == "" else ("reference", "candidate")
        return [f"the {still} does not update its running statistics, the {moves} does"], 1.0
    if not isinstance(reference, _Average) or not isinstance(candidate, _Average):
        return [], 1.0
    said = []
    if abs(reference.keeps - candidate.keeps) > ALIKE:
        said.append(
            f"momentum: running statistics keep {candidate.keeps:.6g} of their value in the "
            f"candidate, {reference.keeps:.6g} in the reference"
        )
    factor, ratio = _unbiased(reference.statistic, candidate.statistic)
    return [*said, *factor], ratio


def _unbiased(reference: Array, candidate: Array) -> tuple[list[str], float]:
    """Return which side's variance is unbiased, if the ratio is N / (N - 1) for a whole N."""
    if not np.all(reference) or not np.all(candidate):
        return [], 1.0
    ratios = (candidate / reference).ravel()
    ratio = float(np.median(ratios))
    if np.max(np.abs(ratios - ratio)) > ALIKE or abs(ratio - 1) < ALIKE:
        return [], 1.0
    larger = max(ratio, 1 / ratio)
    count = larger / (larger - 1)
    if abs(count - round(count)) > 1e-3 * count:
        return [f"the candidate's batch statistic is {ratio:.6g} times the reference's"], ratio
    sides = ("candidate", "reference") if ratio > 1 else ("reference", "candidate")
    what = (
        f"the running variance is unbiased in the {sides[0]} and biased in the {sides[1]}: a "
        f"factor of N / (N - 1), with N = {round(count)} values"
    )
    return [what], ratio
