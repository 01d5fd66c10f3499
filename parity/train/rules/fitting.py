"""Fit of a rule's numbers to recorded steps, and its confirmation on later ones.

The numbers are fitted on the first steps and few elements (Levenberg-Marquardt, with differences
for derivatives), and confirmed on all steps and elements: nothing is fitted to the later steps but
their rates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from parity.arrays import Array
from parity.train.rules import parameters
from parity.train.rules.record import Record
from parity.train.rules.replay import Rule, replay

# A rule reproduces the steps if no element of any update is off by more than this share of its
# scale (parity.train.rules.replay). Rounding leaves 1e-13 to 3e-12 after some dozens of steps.
REPRODUCED = 2e-11
# The same for a side that keeps some of its state or its numbers in float32.
REPRODUCED_IN_FLOAT32 = 3e-6
_ELEMENTS, _ITERATIONS, _TRIALS, _LEAST_GAIN = 128, 40, 2, 2e-3
_LONGEST_STEP = 3.0
# A descent is given up if its mean error is still this large after so many steps.
_SOON, _FAR = 4, 0.05
# Further numbers are not moved while an error is still this large.
_HOPELESS = 3.0
_WORTH_POLISHING = 1e-4
_FEWEST_ELEMENTS = 6


@dataclass(frozen=True)
class Fit:
    """Rule with its numbers, and how well it reproduces a record.

    Args:
        params: the numbers by name.
        rates: of every step.
        error: the largest relative error over all steps and elements.
        typical: the mean one.
        confirmed: the steps, from 1, that no number was fitted to: first and last.
    """

    rule: Rule
    params: Mapping[str, float]
    rates: Array
    error: float
    typical: float
    confirmed: tuple[int, int]

    @property
    def reproduces(self) -> bool:
        """Return True if the rule reproduces every step in float64."""
        return self.error <= REPRODUCED

    @property
    def nearly(self) -> bool:
        """Return True if it does so to within float32's rounding."""
        return self.error <= REPRODUCED_IN_FLOAT32


def fitted_steps(record: Record) -> int:
    """Return the number of steps to fit on; the others confirm."""
    return max(1, min(8, record.steps // 2))


def fit(rule: Rule, record: Record, near: Mapping[str, float] | None = None) -> Fit:
    """Fit the numbers of `rule`, starting `near` the given ones too, and confirm them."""
    part = _thinned(record.first(fitted_steps(record)))
    tried = parameters.starts(rule, part)
    if near and tried[0]:
        known = [{**start, **{n: near[n] for n in start if n in near}} for start in tried]
        tried = known + tried
    first = replay(rule, _columns(rule, tried), part)
    costs = np.where(np.isfinite(first.errors), np.abs(first.errors), 1e6).mean((1, 2))
    best: Fit | None = None
    diverse = _diverse([tried[int(place)] for place in np.argsort(costs, kind="stable")])
    for start, stages in product(diverse, _descents(rule)):
        params = _descend(stages, rule, start, part)
        found = _polished(confirm(rule, params, record), record)
        if best is None or found.error < best.error:
            best = found
        if best.reproduces or not tried[0]:
            break
    assert best is not None  # there is always a start, if only the empty one
    return best


def _polished(found: Fit, record: Record) -> Fit:
    """Return the fit with numbers that somebody may have chosen, where they bring it closer.

    Where numbers hardly matter, such as an epsilon far below a root, a descent stops short.
    """
    if found.reproduces or found.error > _WORTH_POLISHING:
        return found
    for name in found.rule.parameters():
        for near in parameters.rounder(name, found.params[name]):
            params = {**found.params, name: near}
            if name == "start" and "epsilon" in params:
                part = _thinned(record.first(fitted_steps(record)))
                params, _ = _descend_over(["epsilon"], found.rule, params, part)
            other = confirm(found.rule, params, record)
            if other.error < found.error:
                found = other
    return found


def _diverse(starts: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return the first starts that differ in what a descent does not get away from."""
    found = {(start.get("start"), start.get("threshold")): start for start in reversed(starts)}
    return sorted(found.values(), key=starts.index)[:_TRIALS]


def confirm(rule: Rule, params: Mapping[str, float], record: Record) -> Fit:
    """Replay `rule` along the whole record with the given numbers."""
    found = replay(rule, _columns(rule, [params]), record)
    error = float(found.largest()[0])
    if record.gradients.shape[1] < _FEWEST_ELEMENTS and error <= REPRODUCED_IN_FLOAT32:
        # With so few elements a free rate explains too much: it has to be the same throughout.
        rates = found.rates[0]
        error = max(error, float(np.ptp(rates) / max(abs(rates).max(), 1e-300)))
    typical = float(np.nan_to_num(np.abs(found.errors), nan=1e6, posinf=1e6).mean())
    later = (fitted_steps(record) + 1, record.steps)
    return Fit(rule, dict(params), found.rates[0], error, typical, later)


def rounded(found: Fit, record: Record) -> Fit:
    """Return the fit with each number replaced by one that somebody may have chosen, if it fits."""
    for name in found.rule.parameters():
        if not parameters.movable(found.rule, name):
            continue
        for near in parameters.rounder(name, found.params[name]):
            other = confirm(found.rule, {**found.params, name: near}, record)
            if other.error <= max(REPRODUCED / 2, min(1.5 * found.error, REPRODUCED)):
                found = other
                break
    return found


def _columns(rule: Rule, sets: Sequence[Mapping[str, float]]) -> dict[str, Array]:
    names = rule.parameters()
    return {name: np.array([[params[name]] for params in sets]) for name in names}


def _thinned(record: Record) -> Record:
    """Return few elements: those of the smallest and largest gradients, and some between."""
    count = record.gradients.shape[1]
    if count <= _ELEMENTS:
        return record
    order = np.argsort(np.abs(record.gradients).mean(0), kind="stable")
    picked = np.unique(np.linspace(0, count - 1, _ELEMENTS).astype(int))
    return record.elements(np.sort(order[picked]))


def _descents(rule: Rule) -> list[list[list[str]]]:
    """Return in which order descents move the numbers, stage by stage; two orders are tried.

    Moved all at once from afar, what a wrong momentum leaves is taken for an epsilon, far from
    where it belongs. Often all but epsilon and the accumulator's start are the usual numbers.
    """
    movable = [n for n in rule.parameters() if parameters.movable(rule, n)]
    late = [n for n in reversed(movable) if n in ("start", "epsilon")]
    early = [n for n in movable if n not in late]
    orders: list[list[list[str]]] = [[movable]]
    if late:
        orders = [[late, movable], [early, [*early, *late[:-1]], movable]]
    return [[stage for stage in order if stage] for order in orders]


def _descend(
    stages: list[list[str]], rule: Rule, start: Mapping[str, float], record: Record
) -> dict[str, float]:
    """Return the numbers at the end of descents over some of them, then over more."""
    found = dict(start)
    for names in stages:
        found, error = _descend_over(names, rule, found, record)
        if error <= REPRODUCED / 100 or error > _HOPELESS:
            break
    return found


def _descend_over(
    names: list[str], rule: Rule, start: Mapping[str, float], record: Record
) -> tuple[dict[str, float], float]:
    """Return the numbers at the end of a Levenberg-Marquardt descent over `names`."""
    fixed = {n: value for n, value in start.items() if n not in names}
    place = np.array([parameters.to_fit(name, start[name]) for name in names])

    def errors(places: Array) -> Array:
        params = {n: parameters.from_fit(n, places[:, [i]]) for i, n in enumerate(names)}
        params |= {n: np.full((len(places), 1), value) for n, value in fixed.items()}
        found = replay(rule, params, record).errors.reshape(len(places), -1)
        return np.where(np.isfinite(found), found, 1e6)

    sizes = np.array([parameters.difference(name) for name in names])
    damping, now = 1e-3, errors(place[None])[0]
    for number in range(_ITERATIONS):
        hopeless = number >= _SOON and float(np.abs(now).mean()) > _FAR
        if np.abs(now).max() <= REPRODUCED / 100 or hopeless:
            break
        slopes = ((errors(place + np.diag(sizes)) - now) / sizes[:, None]).T
        dampings = damping * np.array([1e-2, 1.0, 30.0, 1e3, 1e5])
        places = place + np.array([_downhill(slopes, now, d) for d in dampings])
        others = errors(places)
        costs = (others**2).sum(1)
        best, before = int(np.argmin(costs)), float(now @ now)
        if not costs[best] < before:
            break
        place, now, damping = places[best], others[best], max(float(dampings[best]), 1e-20)
        if costs[best] > (1 - _LEAST_GAIN) * before:
            break
    moved = {n: float(parameters.from_fit(n, place[i])) for i, n in enumerate(names)}
    largest = float(np.abs(now).max())
    return {**fixed, **moved}, largest


def _downhill(slopes: Array, now: Array, damping: float) -> Array:
    """Return a damped step. Not by normal equations: they would lose what a tiny epsilon does."""
    scale = np.sqrt((slopes**2).sum(0)) + 1e-30
    rows = np.concatenate([slopes / scale, np.sqrt(damping) * np.eye(len(scale))])
    right = np.concatenate([-now, np.zeros(len(scale))])
    step: Array = np.linalg.lstsq(rows, right, rcond=None)[0] / scale
    return step * min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
