"""Differences in weights that no gradient moves: averages of weights, and running statistics.

An average of weights (EMA) is recognised in a side's own steps: e += (1 - keep) (w - e). For
running statistics, s = keep s + (1 - keep) b, each side takes one step from the same weights, and
one with the statistics shifted by one: the change of the result is `keep`, and the rest gives `b`,
the batch's own statistic. The warm-up min(decay, (1 + t) / (10 + t)) is that of
tf.train.ExponentialMovingAverage with num_updates.
"""

from dataclasses import dataclass

import numpy as np

from parity.arrays import Array
from parity.train.finding import Finding, confirmed_on, same, shorten
from parity.train.rates import listed
from parity.train.trajectories import Trajectories, Trajectory

_TRIED = (
    "an average of the weights",
    "running statistics with another momentum, or with the unbiased variance",
)


@dataclass(frozen=True)
class Average:
    """Average of a weight: which one, whether after its update, and the share kept, by step."""

    of: str
    after: bool
    keep: Array


def find_average_causes(given: Trajectories) -> Finding:
    """Return what differs in the weights without a gradient; nothing if they move alike."""
    still = given.candidate.without_gradient & given.reference.without_gradient
    names = [n for n in given.shapes if n in still]
    causes: list[str] = []
    left = []
    by_words: dict[str, list[str]] = {}
    for name in names:
        reference, candidate = (
            find_average(side, name) for side in (given.reference, given.candidate)
        )
        if reference is None or candidate is None:
            left.append(name)
        elif words := _differ(reference, candidate):
            by_words.setdefault(words, []).append(name)
    on = confirmed_on(1, given.steps)
    causes += [f"{shorten(alike)}: {words} ({on})" for words, alike in by_words.items()]
    if not left:
        return Finding(tuple(causes))
    statistics = _statistics(given, left)
    return Finding((*causes, *statistics.causes), statistics.unexplained, statistics.tried)


def find_average(side: Trajectory, name: str) -> Average | None:
    """Return which weight `name` is an average of; None if it is not one of any."""
    average = np.array(side.weights[name])
    moved = np.diff(average, axis=0)
    if not np.any(moved):
        return None
    for other, rows in side.weights.items():
        weights = np.array(rows)
        if other == name or weights.shape != average.shape or not side.moved(other).any():
            continue
        for after in (True, False):
            towards = (weights[1:] if after else weights[:-1]) - average[:-1]
            squares = np.sum(towards**2, axis=1)
            shares = np.sum(towards * moved, axis=1) / np.maximum(squares, 1e-300)
            scale = float(np.abs(weights).max())
            if same(average[:-1] + shares[:, None] * towards, average[1:], 1e-4 * scale):
                keep = np.where(squares > 0, 1 - shares, np.nan)
                return Average(other, after, keep)
    return None


def _differ(reference: Average, candidate: Average) -> str:
    found = []
    if reference.of != candidate.of:
        words = f"of {candidate.of} in the candidate, of {reference.of} in the reference"
        found.append(f"the average is {words}")
    steps = min(len(reference.keep), len(candidate.keep))
    one, other = candidate.keep[:steps], reference.keep[:steps]
    known = np.isfinite(one) & np.isfinite(other)
    if not np.allclose(one[known], other[known], rtol=1e-7, atol=1e-9):
        found.append(
            f"the average of the weights keeps {keep_words(candidate.keep)} in the candidate, "
            f"{keep_words(reference.keep)} in the reference"
        )
    if reference.after != candidate.after:
        when = {True: "after", False: "before"}
        found.append(
            f"the average takes the weights from {when[candidate.after]} the update in the "
            f"candidate, from {when[reference.after]} it in the reference"
        )
    return "; ".join(found)


def keep_words(keep: Array) -> str:
    """Return the share that an average keeps, as a formula where one holds at every step."""
    steps = np.arange(1, len(keep) + 1)
    known = np.isfinite(keep)
    most = float(np.max(keep[known]))

    def holds(predicted: Array) -> bool:
        return bool(np.allclose(predicted[known], keep[known], rtol=1e-7, atol=1e-9))

    if holds(np.full(len(keep), most)):
        return f"{most:.6g}"
    for late in (0, 1, -1):
        count = steps - late
        warmed = (1 + count) / (10 + count)
        of = {0: "t", 1: "(t - 1)", -1: "(t + 1)"}[late]
        formula = f"(1 + {of}) / (10 + {of})"
        if holds(warmed):
            return formula
        if holds(np.minimum(most, warmed)):
            return f"min({most:.6g}, {formula})"
    if holds((steps - 1) / steps):
        return "(t - 1) / t (the mean over steps)"
    return listed(np.where(known, keep, 0.0))


@dataclass(frozen=True)
class _Statistic:
    """Running statistic at one step: the share kept, and the batch's own statistic."""

    keep: Array
    batch: Array


def _statistics(given: Trajectories, names: list[str]) -> Finding:
    measured = [_measure(given, step, names) for step in range(len(given.candidate.whole))]
    causes: dict[str, list[str]] = {}
    left = []
    for name in names:
        pairs = [(found["reference"][name], found["candidate"][name]) for found in measured]
        if all(_alike(one, other) for one, other in pairs):
            continue
        words = _statistic_words(pairs)
        if words:
            causes.setdefault(words, []).append(name)
        else:
            left.append(name)
    on = confirmed_on(1, len(measured))
    found = tuple(f"{shorten(alike)}: {words} ({on})" for words, alike in causes.items())
    unexplained = f"{shorten(left)}, which no gradient moves" if left else ""
    return Finding(found, unexplained, _TRIED if left else ())


def _measure(given: Trajectories, step: int, names: list[str]) -> dict[str, dict[str, _Statistic]]:
    start = given.candidate.whole[step]
    shifted = {n: array + 1 if n in names else array for n, array in start.items()}
    batch = given.course.batch(step + 1, given.training)
    found = {}
    for role, run in (
        ("reference", given.forced_reference),
        ("candidate", given.forced_candidate),
    ):
        run.put(start)
        plain = run.step(batch).weights
        run.put(shifted)
        other = run.step(batch).weights
        found[role] = {n: _solved(start[n], plain[n], other[n]) for n in names}
    return found


def _solved(start: Array, plain: Array, shifted: Array) -> _Statistic:
    keep = shifted - plain
    with np.errstate(all="ignore"):
        return _Statistic(keep, (plain - keep * start) / (1 - keep))


def _alike(one: _Statistic, other: _Statistic) -> bool:
    finite = bool(np.all(np.isfinite(one.batch)) and np.all(np.isfinite(other.batch)))
    if not finite:
        return same(one.keep, other.keep, 1.0)
    return same(one.keep, other.keep, 1.0) and _near(one.batch, other.batch)


def _near(one: Array, other: Array) -> bool:
    """Return True if two batch statistics agree; they are solved for, and lose digits by that."""
    scale = max(float(np.abs(other).max()), 1.0)
    return bool(np.all(np.abs(one - other) <= 1e-9 * scale / 1e-2))


def _statistic_words(pairs: list[tuple[_Statistic, _Statistic]]) -> str:
    """Return what differs between (reference, candidate) at every measured step; "" if unknown."""
    kept = [[float(np.median(side.keep)) for side in pair] for pair in pairs]
    if any(
        not same(side.keep, np.full_like(side.keep, value), 1.0)
        for pair, values in zip(pairs, kept, strict=True)
        for side, value in zip(pair, values, strict=True)
    ):
        return ""
    reference, candidate = kept[0]
    constant = all(np.allclose(values, kept[0], rtol=1e-7) for values in kept)
    if not constant:
        return ""
    found = []
    if not np.isclose(reference, candidate, rtol=0, atol=1e-9):
        other = np.isclose(reference + candidate, 1, rtol=0, atol=1e-6)
        found.append(
            f"running statistics keep {candidate:.6g} of their value in the candidate, "
            f"{reference:.6g} in the reference"
            + (" (the momentum is m on one side, 1 - m on the other)" if other else "")
        )
    ratios = [candidate.batch / reference.batch for reference, candidate in pairs]
    if not all(_near(c.batch, r.batch) for r, c in pairs):
        ratio = float(np.median(ratios[0]))
        if not all(np.allclose(each, ratio, rtol=1e-6) for each in ratios):
            return ""
        found.append(_variance_words(ratio))
    return "; ".join(found)


def _variance_words(ratio: float) -> str:
    more, less = ("candidate", "reference") if ratio > 1 else ("reference", "candidate")
    count = max(ratio, 1 / ratio)
    count = count / (count - 1)
    if abs(count - round(count)) < 1e-4 * count:
        return (
            f"the variance is n / (n - 1) times as large in the {more}, n = {round(count)}: "
            f"unbiased in the {more}, biased in the {less}"
        )
    return f"the batch's statistic is {ratio:.6g} times the reference's"
