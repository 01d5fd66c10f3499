"""Differences between the two sides' optimizers, from the rules that reproduce their steps."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from parity.arrays import Array
from parity.train.finding import Finding, confirmed_on, shorten
from parity.train.rates import explain_rates
from parity.train.rules.families import FAMILIES
from parity.train.rules.fitting import Fit, confirm, fit, rounded
from parity.train.rules.record import Record
from parity.train.rules.replay import replay
from parity.train.rules.search import MOMENTA, Search, search
from parity.train.rules.wording import describe, differences
from parity.train.trajectories import Trajectories, Trajectory

_LONGEST_ACCUMULATION = 8
# What two rules do must differ by this many times what they leave unexplained.
_CLEARLY = 10.0
_PARTS = ("momentum", "clipping", "decay", "scope", "choices")


def find_update_causes(given: Trajectories) -> Finding:
    """Return what differs between the optimizers of the two sides; nothing if they are the same."""
    unmoved, names = _moving(given)
    if not names:
        return Finding(tuple(unmoved))
    period = _period(given.candidate, names), _period(given.reference, names)
    if period[0] != period[1]:
        return _accumulation(given, names, unmoved, *period)
    if period[0] > 1:
        return Finding(
            tuple(unmoved), "the updates", (f"both sides move every {period[0]} steps only",)
        )
    reference, candidate = (
        given.record(side, names) for side in (given.reference, given.candidate)
    )
    return _compare(given, reference, candidate, unmoved, names)


def _moving(given: Trajectories) -> tuple[list[str], list[str]]:
    """Return causes of weights that one side never moves, and the weights that both move."""
    still = given.candidate.without_gradient | given.reference.without_gradient
    trained = [n for n in given.shapes if n not in still]
    causes = []
    for side, other in (("candidate", "reference"), ("reference", "candidate")):
        mine, its = getattr(given, side), getattr(given, other)
        unmoved = [
            n
            for n in trained
            if not mine.moved(n).any() and its.moved(n).any() and np.any(mine.gradients[n])
        ]
        if unmoved:
            causes.append(
                f"the {side} leaves {shorten(unmoved)} unchanged over all {mine.steps} steps, the "
                f"{other} does not, and the gradient is not zero: was it passed to the optimizer?"
            )
    return causes, [
        n for n in trained if given.candidate.moved(n).any() and given.reference.moved(n).any()
    ]


def _compare(
    given: Trajectories,
    reference_record: Record,
    candidate_record: Record,
    causes: list[str],
    names: list[str],
) -> Finding:
    reference = search(reference_record)
    if reference.found is None:
        tried = f"{reference.tried} update rules on the reference's steps, none reproduces them"
        return Finding(tuple(causes), f"the update of {shorten(names)}", (tried,))
    candidate = _like(reference.found, candidate_record) or search(
        candidate_record, reference.found
    )
    if candidate.found and not candidate.found.reproduces and reference.found.reproduces:
        return _inexact(reference.found, candidate, candidate_record, causes, names)
    if candidate.found is None:
        tried = (
            f"{candidate.tried} update rules, none reproduces the candidate's steps; the "
            f"reference's are those of {describe(reference.found)}"
        )
        return Finding(tuple(causes), f"the update of {shorten(names)}", (tried,))
    ours, theirs = aligned(reference.found, candidate.found, reference_record, candidate_record)
    found = differences(ours, theirs)
    if ours.rule.family == theirs.rule.family and ours.rule.momentum == theirs.rule.momentum:
        rates = explain_rates(
            ours.rates,
            theirs.rates,
            (_norms(reference_record), _norms(candidate_record)),
            given.course.count / given.course.batch_size,
            ours.rule.momentum.startswith("inside"),
        )
        found += [rates] if rates else []
    if not found:
        return Finding(tuple(causes))
    on = confirmed_on(*theirs.confirmed)
    if max(ours.error, theirs.error) * _CLEARLY > _gap(ours, candidate_record):
        unclear = f"what two rules do differs by no more than rounding: {'; '.join(found)}"
        return Finding(tuple(causes), f"the update of {shorten(names)}", (unclear,))
    reproduced = f"both sides' steps are reproduced by {FAMILIES[ours.rule.family].title} with this"
    if ours.rule.family != theirs.rule.family:
        reproduced = "each rule reproduces its side's steps"
    return Finding((*causes, f"{'; '.join(found)} ({reproduced}, {on})"))


def _inexact(
    reference: Fit, candidate: Search, record: Record, causes: list[str], names: list[str]
) -> Finding:
    """Return that the candidate follows the reference's rule only nearly, if it does at all."""
    follows = confirm(reference.rule, reference.params, record)
    if follows.nearly:
        words = (
            f"the candidate follows the reference's {FAMILIES[reference.rule.family].title} to a "
            f"relative error of {follows.error:.1e} only, the reference to {reference.error:.1e}: "
            "is its state kept in float32?"
        )
        return Finding((*causes, f"{words} ({confirmed_on(*follows.confirmed)})"))
    tried = f"{candidate.tried} update rules, none reproduces the candidate's steps in float64"
    return Finding(tuple(causes), f"the update of {shorten(names)}", (tried,))


def _like(reference: Fit, record: Record) -> Search | None:
    """Return the reference's rule with the reference's numbers, if the candidate follows it."""
    found = confirm(reference.rule, reference.params, record)
    return Search(found, found, 1) if found.reproduces else None


def _gap(reference: Fit, record: Record) -> float:
    """Return how far the candidate's steps are from the reference's rule, numbers and rates."""
    params = {name: np.array([[value]]) for name, value in reference.params.items()}
    found = replay(reference.rule, params, record)
    steps = min(len(reference.rates), record.steps)
    ours, theirs = reference.rates[:steps], found.rates[0][:steps]
    rate = np.abs(theirs - ours) / np.maximum(np.abs(ours), 1e-300)
    return max(float(found.largest()[0]), float(rate.max()))


def aligned(
    reference: Fit, candidate: Fit, reference_record: Record, candidate_record: Record
) -> tuple[Fit, Fit]:
    """Return both fits in the same rule where one rule reproduces both sides' steps.

    Two rules may do the same on these steps, such as momentum with the rate inside or outside while
    the rate stays the same. Then numbers are aligned too, one by one, where the candidate's steps
    are reproduced with the reference's.
    """
    if reference.rule != candidate.rule:
        other = fit(candidate.rule, reference_record, candidate.params)
        if other.reproduces:
            reference = rounded(other, reference_record)
        else:
            reference, candidate = _part_by_part(reference, candidate, candidate_record)
    for name in candidate.params:
        if name in reference.params and candidate.params[name] != reference.params[name]:
            same = {**candidate.params, name: reference.params[name]}
            trial = confirm(candidate.rule, same, candidate_record)
            if trial.reproduces or (not candidate.reproduces and trial.error <= candidate.error):
                candidate = trial
    return _bias_corrected(reference, candidate, reference_record, candidate_record)


def _part_by_part(reference: Fit, candidate: Fit, record: Record) -> tuple[Fit, Fit]:
    """Return the candidate's fit with every part of the reference's rule that fits it as well."""
    if reference.rule.family != candidate.rule.family:
        return reference, candidate
    ours, theirs = reference.rule, candidate.rule
    same_place = f"{ours.momentum.partition(' ')[0]} {theirs.momentum.partition(' ')[2]}".strip()
    for changed in (
        replace(theirs, momentum=same_place if same_place in MOMENTA else theirs.momentum),
        *(replace(theirs, **{part: getattr(ours, part)}) for part in _PARTS),
    ):
        if changed != candidate.rule:
            trial = fit(changed, record, {**reference.params, **candidate.params})
            if trial.reproduces:
                return reference, rounded(trial, record)
    return reference, candidate


def _bias_corrected(
    reference: Fit, candidate: Fit, reference_record: Record, candidate_record: Record
) -> tuple[Fit, Fit]:
    """Return both fits with the bias correction that leaves each side's rate constant.

    A factor of the whole direction that depends on the step alone cannot be told from a schedule.
    It is taken for a missing correction only where the rates are then the same on both sides.
    """
    fits = list(_uncorrected(reference, reference_record))
    others = list(_uncorrected(candidate, candidate_record))
    for one in fits:
        for other in others:
            steps = min(len(one.rates), len(other.rates))
            if np.allclose(one.rates[:steps], other.rates[:steps], rtol=1e-9, atol=0):
                return one, other
    return reference, candidate


def _uncorrected(found: Fit, record: Record) -> Iterator[Fit]:
    yield found
    choices = dict(found.rule.choices)
    if choices.get("epsilon", "").endswith("hat") and "bias correction" in choices:
        changed = tuple((n, "no" if n == "bias correction" else o) for n, o in found.rule.choices)
        other = confirm(replace(found.rule, choices=changed), found.params, record)
        if other.reproduces or not found.reproduces:
            yield other


def _norms(record: Record) -> Array:
    norms: Array = np.sqrt((record.norms**2).sum(axis=1))
    return norms


def _period(side: Trajectory, names: list[str]) -> int:
    """Return how many steps lie between two updates; 1 unless they follow a period."""
    moved = np.any([side.moved(name) for name in names], axis=0)
    for period in range(2, _LONGEST_ACCUMULATION + 1):
        if np.array_equal(moved, np.arange(1, len(moved) + 1) % period == 0):
            return period
    return 1


def _accumulation(
    given: Trajectories, names: list[str], causes: list[str], candidate: int, reference: int
) -> Finding:
    """Return that one side gathers gradients over several steps, and what it makes of them."""
    if min(candidate, reference) > 1:
        words = f"the candidate updates every {candidate} steps, the reference every {reference}"
        return Finding((*causes, words))
    slow, other = ("candidate", "reference") if candidate > 1 else ("reference", "candidate")
    period = max(candidate, reference)
    words = f"the {slow} updates its weights every {period} steps only, the {other} at every step"
    fast = search(given.record(getattr(given, other), names)).found
    record = given.record(getattr(given, slow), names)
    for kind in ("mean", "sum", "last one"):
        if fast is None:
            break
        gathered = confirm(fast.rule, fast.params, _gathered(record, period, kind))
        steps = gathered.rates[: len(fast.rates)]
        if gathered.reproduces and np.allclose(steps, fast.rates[: len(steps)], rtol=1e-9, atol=0):
            words += f", with the {kind} of their gradients"
            break
    return Finding((*causes, f"{words} (seen on {record.steps} steps)"))


def _gathered(record: Record, period: int, kind: str) -> Record:
    """Return the record with one step for each update."""
    updates = record.steps // period

    def rows(array: Array) -> Array:
        return array[: updates * period].reshape(updates, period, -1)

    gradients = rows(record.gradients)
    made = {"mean": gradients.mean(1), "sum": gradients.sum(1), "last one": gradients[:, -1]}[kind]
    return replace(
        record,
        gradients=made,
        weights=record.weights[: updates * period + 1 : period],
        norms=rows(record.norms)[:, -1],
    )
