"""Relation of the candidate's gradients to the reference's at the candidate's own weights.

A relation is fitted on the first half of the steps and confirmed on the others. torch clips
gradients in place, so clipping can show here; Keras clips inside its optimizer, where the update
shows it (parity.train.rules).
"""

from collections.abc import Callable, Iterator

import numpy as np

from parity.arrays import Array
from parity.train.finding import SAME, Finding, confirmed_on, same, shorten
from parity.train.trajectories import Trajectories

TRIED = (
    "a gradient that is zero",
    "a factor, of all weights or of each, of all steps or of each",
    "clipping by value, by the norm of each weight and by the global norm",
    "a share of the weight (an L2 penalty)",
    "gradients accumulated over 2 to 8 steps, or never set to zero",
)
_LONGEST, _CLIPPED_AT_LEAST = 8, 3


class Gradients:
    """Gradients of both sides at the candidate's weights, by weight (T, N)."""

    def __init__(self, trajectories: Trajectories) -> None:
        self.steps = trajectories.steps
        still = trajectories.candidate.without_gradient & trajectories.forced.without_gradient
        names = [name for name in trajectories.shapes if name not in still]
        self.batch_size = trajectories.course.batch_size
        pick = slice(0, self.steps)
        self.candidate = {n: np.array(trajectories.candidate.gradients[n][pick]) for n in names}
        self.reference = {n: np.array(trajectories.forced.gradients[n][pick]) for n in names}
        self.weights = {n: np.array(trajectories.candidate.weights[n][pick]) for n in names}
        self.candidate_norms = _norms(trajectories.candidate.norms, names, self.steps)
        self.reference_norms = _norms(trajectories.forced.norms, names, self.steps)
        # A gradient that is rounding alone (a bias before BatchNorm) is not a difference.
        self.floor = 1e-6 * max(float(np.abs(g).max(initial=0.0)) for g in self.reference.values())

    def differing(self) -> list[str]:
        """Return the weights whose gradients differ at any step."""
        return [n for n in self.candidate if not self.agree(n, self.reference[n])]

    def agree(self, name: str, predicted: Array) -> bool:
        """Return True if `predicted` is the candidate's gradient at every step."""
        return _rows_same(predicted, self.candidate[name], self.floor)

    @property
    def half(self) -> int:
        """Return the number of steps to fit on."""
        return self.steps // 2


def _rows_same(one: Array, other: Array, floor: float) -> bool:
    return all(same(*rows, floor) for rows in zip(one, other, strict=True))


def _norms(by_name: dict[str, list[float]], names: list[str], steps: int) -> dict[str, Array]:
    return {name: np.array(by_name[name][:steps]) for name in names}


def find_gradient_causes(trajectories: Trajectories) -> Finding:
    """Return what explains the candidate's gradients, each weight's by the first that fits."""
    given = Gradients(trajectories)
    left = given.differing()
    causes: list[str] = []
    on = confirmed_on(given.half + 1, given.steps)
    for relation in _RELATIONS:
        for words, explained in relation(given, left):
            causes.append(f"{words} ({on})")
            left = [name for name in left if name not in explained]
    unexplained = f"the gradient of {shorten(left)}" if left else ""
    return Finding(tuple(causes), unexplained, TRIED if left else ())


Found = Iterator[tuple[str, list[str]]]


def _zero(given: Gradients, names: list[str]) -> Found:
    zero = [n for n in names if not np.any(given.candidate[n])]
    if zero:
        yield (
            f"the candidate's gradient of {shorten(zero)} is zero at every step, the reference's "
            "is not: not trained (requires_grad), or detached on the way",
            zero,
        )
    zero = [n for n in names if not np.any(given.reference[n])]
    if zero:
        yield f"the reference's gradient of {shorten(zero)} is zero at every step", zero


def _factor(given: Gradients, names: list[str]) -> Found:
    """Yield the factors that all weights, or single ones, have at all steps."""
    factors = {name: _multiple(given, name) for name in names}
    for factor in sorted({_short(f) for f in factors.values() if f is not None}):
        alike = [n for n, f in factors.items() if f is not None and _short(f) == factor]
        yield (
            f"the candidate's gradient of {shorten(alike)} is {factor} times the "
            f"reference's{_of_batch(float(factor), given.batch_size)}",
            alike,
        )


def _short(factor: float) -> str:
    return f"{factor:.6g}"


def _of_batch(factor: float, size: int) -> str:
    if np.isclose(factor, size, rtol=1e-5):
        return ", the size of the batch: a sum in place of a mean"
    if np.isclose(factor * size, 1, rtol=1e-5):
        return ", one over the size of the batch: a mean in place of a sum"
    return ""


def _multiple(given: Gradients, name: str) -> float | None:
    reference, candidate = given.reference[name], given.candidate[name]
    early = reference[: given.half]
    square = float(np.sum(early**2))
    if not square:
        return None
    factor = float(np.sum(early * candidate[: given.half])) / square
    return factor if given.agree(name, factor * reference) else None


def _scales(given: Gradients, name: str) -> Array | None:
    """Return the factor of each step, (T,), if the gradient is a multiple at each step."""
    reference, candidate = given.reference[name], given.candidate[name]
    squares = np.sum(reference**2, axis=1)
    if not np.all(squares) or reference.shape[1] < 2:
        return None
    factors = np.sum(reference * candidate, axis=1) / squares
    return factors if given.agree(name, factors[:, None] * reference) else None


def _clipped_norm(given: Gradients, names: list[str]) -> Found:
    """Yield clipping by the global norm or by each weight's, in the candidate or the reference."""
    scales = {name: _scales(given, name) for name in given.candidate}
    known = {name: factors for name, factors in scales.items() if factors is not None}
    alike = [n for n in names if n in known]
    if not alike:
        return
    common = all(same(factors, known[alike[0]]) for factors in known.values())
    for side, other, norms, sign in (
        ("candidate", "reference", given.reference_norms, 1),
        ("reference", "candidate", given.candidate_norms, -1),
    ):
        clips = f"the {side} clips its gradients, as they are read, to"
        total = np.sqrt(sum(norm**2 for norm in norms.values()))
        if common and (words := _clip_words(known[alike[0]] ** sign, total)):
            yield f"{clips} a global norm of {words}, the {other} does not", alike
            return
        single = {_clip_words(known[n] ** sign, norms[n]) for n in alike}
        if len(single) == 1 and (words := single.pop()):
            yield f"{clips} a norm of {words} for each weight, the {other} does not", alike
            return


def _clip_words(factors: Array, norms: Array) -> str:
    """Return the threshold if factors are min(1, threshold / norm) at every step; else ""."""
    clipped = factors < 1 - SAME
    if clipped.sum() < _CLIPPED_AT_LEAST or np.any(factors > 1 + SAME):
        return ""
    for added in (0.0, 1e-6):
        thresholds = factors[clipped] * (norms[clipped] + added)
        threshold = float(np.median(thresholds))
        predicted = np.minimum(1.0, threshold / (norms + added))
        if same(predicted, factors):
            return f"{threshold:.6g}" + (" (1e-6 added to the norm)" if added else "")
    return ""


def _clipped_value(given: Gradients, names: list[str]) -> Found:
    for side, other in (("candidate", "reference"), ("reference", "candidate")):
        clipped, free = getattr(given, side), getattr(given, other)
        most = max((float(np.abs(g).max()) for g in clipped.values()), default=0.0)

        def limited(name: str, most: float = most, free: dict[str, Array] = free) -> Array:
            limits: Array = np.clip(free[name], -most, most)
            return limits

        where = [n for n in names if _rows_same(limited(n), clipped[n], given.floor)]
        at = sum(int(np.sum(np.abs(clipped[n]) == most)) for n in where)
        if at >= _CLIPPED_AT_LEAST:
            yield (
                f"the {side} clips its gradients, as they are read, to values of up to "
                f"{most:.6g}, the {other} does not",
                where,
            )
            return


def _penalty(given: Gradients, names: list[str]) -> Found:
    """Yield a share of the weight in the gradient, with a factor where there is one."""
    shares: dict[str, tuple[str, str]] = {}
    for name in names:
        reference, weight = given.reference[name], given.weights[name]
        early = slice(0, given.half)
        columns = np.stack([reference[early].ravel(), weight[early].ravel()], 1)
        solved = np.linalg.lstsq(columns, given.candidate[name][early].ravel(), rcond=None)[0]
        factor, share = (float(value) for value in solved)
        if given.agree(name, factor * reference + share * weight) and abs(share) > SAME:
            shares[name] = (_short(share), "" if abs(factor - 1) < 1e-6 else _short(factor))
    for found in sorted(set(shares.values())):
        alike = [n for n, other in shares.items() if other == found]
        shown, multiple = found
        times = f"{multiple} times the reference's" if multiple else "the reference's"
        more, side = ("minus", "reference") if shown.startswith("-") else ("plus", "candidate")
        yield (
            f"the candidate's gradient of {shorten(alike)} is {times} {more} "
            f"{shown.lstrip('-')} times the weight: an L2 penalty in the {side}, or a stronger one",
            alike,
        )


def _accumulated(given: Gradients, names: list[str]) -> Found:
    """Yield gradients that are sums over the steps since they were last set to zero."""
    for period in (given.steps, *range(2, min(_LONGEST, given.half) + 1)):
        summed = {}
        for name in names:
            total, rows = np.zeros_like(given.reference[name][0]), []
            for step, gradient in enumerate(given.reference[name]):
                total = gradient + (total if step % period else 0)
                rows.append(total)
            summed[name] = np.array(rows)
        alike = [n for n in names if given.agree(n, summed[n])]
        if alike:
            never = period == given.steps
            since = "never set to zero" if never else f"set to zero every {period} steps"
            words = f"the candidate's gradients of {shorten(alike)} are sums over steps"
            yield f"{words}: they are {since}", alike
            return


_RELATIONS: tuple[Callable[[Gradients, list[str]], Found], ...] = (
    _zero,
    _factor,
    _clipped_norm,
    _clipped_value,
    _accumulated,
    _penalty,
)
