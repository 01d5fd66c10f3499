"""Relation of the two sides' learning rates, step by step, once their rules are the same."""

from collections.abc import Iterator

import numpy as np

from parity.arrays import Array
from parity.train.finding import same

_SHOWN = 6
_FEWEST_LATER = 3
_CLIPPED_AT_LEAST = 3
# Rates are solved for; what their rounding leaves.
SAME_RATE = 1e-9


def explain_rates(
    reference: Array,
    candidate: Array,
    norms: tuple[Array, Array],
    steps_per_epoch: float,
    momentum: bool = False,
) -> str:
    """Return in words how the candidate's rates differ; "" if they do not.

    `norms` are the global norms of the gradients of the reference and the candidate, by step;
    `momentum` says that the rates are inside of one. Whatever is returned holds at every step.
    """
    steps = min(len(reference), len(candidate))
    reference, candidate = reference[:steps], candidate[:steps]
    norms = (norms[0][:steps], norms[1][:steps])
    if _equal(candidate, reference):
        return ""
    relations: list[str] = [
        *(_dampened(reference, candidate) if momentum else ()),
        *_constant(reference, candidate),
        *_shifted(reference, candidate),
        *_by_epoch(reference, candidate, steps_per_epoch),
        *_clipped(reference, candidate, norms),
        *_warmed_up(reference, candidate),
    ]
    if relations:
        return relations[0]
    first = int(np.flatnonzero(~_near(candidate, reference))[0])
    since = f"from step {first + 1} on, " if first else ""
    return (
        f"the learning rates differ: {since}{listed(candidate[first:])} in the candidate, "
        f"{listed(reference[first:])} in the reference"
    )


def listed(rates: Array) -> str:
    """Return the first rates, in a row; one if they are all the same."""
    if _equal(rates, np.full_like(rates, rates[0])):
        return f"{rates[0]:.6g}"
    rates = np.where(np.abs(rates) > 1e-12 * np.abs(rates).max(), rates, 0.0)
    more = ", ..." if len(rates) > _SHOWN else ""
    return ", ".join(f"{rate:.4g}" for rate in rates[:_SHOWN]) + more


def _near(one: Array, other: Array) -> Array:
    scale = max(float(np.abs(other).max(initial=0.0)), 1e-300)
    near: Array = np.abs(one - other) <= np.maximum(SAME_RATE * np.abs(other), 1e-12 * scale)
    return near


def _equal(one: Array, other: Array) -> bool:
    return bool(np.all(_near(one, other)))


def _constant(reference: Array, candidate: Array) -> Iterator[str]:
    square = float(reference @ reference)
    factor = float(reference @ candidate) / square if square else 0.0
    if not factor or not _equal(candidate, factor * reference):
        return
    sides = f"{listed(candidate)} in the candidate, {listed(reference)} in the reference"
    for one, other, side in (
        (candidate, reference, "candidate"),
        (reference, candidate, "reference"),
    ):
        if np.allclose(other.astype(np.float32), one, rtol=1e-12, atol=0):
            yield (
                f"the {side}'s learning rate is the other side's rounded to float32: a relative "
                f"error of {abs(factor - 1):.1e}"
            )
    yield f"the candidate's learning rate is {factor:.6g} times the reference's: {sides}"


def _dampened(reference: Array, candidate: Array) -> Iterator[str]:
    """Yield dampening: torch.optim.SGD takes 1 - dampening of each gradient but the first."""
    if not np.all(reference) or len(reference) < _FEWEST_LATER:
        return
    share = candidate / reference
    if _equal(share[:1], np.ones(1)) and same(share[1:], np.full(len(share) - 1, share[1])):
        side, left = ("candidate", share[1]) if share[1] < 1 else ("reference", 1 / share[1])
        yield f"the {side}'s momentum has a dampening of {1 - left:.6g}, the other has none"


def _shifted(reference: Array, candidate: Array) -> Iterator[str]:
    if _equal(reference, np.full_like(reference, reference[0])):
        return
    for by in (1, 2):
        if _equal(candidate[by:], reference[:-by]):
            yield (
                f"the candidate's learning rate lags {by} step{'s' * (by > 1)} behind the "
                f"reference's: {listed(candidate)} against {listed(reference)}"
            )
        if _equal(candidate[:-by], reference[by:]):
            yield (
                f"the candidate's learning rate is {by} step{'s' * (by > 1)} ahead of the "
                f"reference's: {listed(candidate)} against {listed(reference)}"
            )


def _by_epoch(reference: Array, candidate: Array, steps_per_epoch: float) -> Iterator[str]:
    steps = np.arange(len(reference))
    epochs = np.floor(steps / steps_per_epoch + 1e-9).astype(int)
    starts = np.ceil(epochs * steps_per_epoch - 1e-9).astype(int)
    if epochs[-1] == 0:
        return
    every = f"every {steps_per_epoch:g} steps"
    for one, other, side in (
        (candidate, reference, "candidate"),
        (reference, candidate, "reference"),
    ):
        rates = f"{listed(candidate)} in the candidate, {listed(reference)} in the reference"
        if _equal(one, other[starts]):
            yield (
                f"the {side}'s learning rate changes with each epoch ({every}) only, the other "
                f"side's with each step: {rates}"
            )
        elif epochs[-1] >= 2 and _equal(one, other[epochs]) and np.ptp(one) > 0:
            yield (
                f"the {side}'s schedule counts epochs ({every}), the other side's steps: {rates}"
            )


def _clipped(reference: Array, candidate: Array, norms: tuple[Array, Array]) -> Iterator[str]:
    """Yield clipping by the global norm: with plain SGD it is a change of the rate."""
    for one, other, norm, side in (
        (candidate, reference, norms[1], "candidate"),
        (reference, candidate, norms[0], "reference"),
    ):
        if not np.all(other):
            continue
        shares = one / other
        clipped = shares < 1 - 1e-6
        if clipped.sum() < _CLIPPED_AT_LEAST or np.any(shares > 1 + 1e-6):
            continue
        for added in (0.0, 1e-6):
            threshold = float(np.median(shares[clipped] * (norm[clipped] + added)))
            if same(np.minimum(1.0, threshold / (norm + added)), shares):
                also = " (1e-6 added to the norm)" if added else ""
                yield (
                    f"the {side} clips its gradients to a global norm of {threshold:.6g}{also}, "
                    "the other side does not"
                )


def _warmed_up(reference: Array, candidate: Array) -> Iterator[str]:
    differing = np.flatnonzero(~_near(candidate, reference))
    last = int(differing[-1]) + 1
    if len(reference) - last >= _FEWEST_LATER:
        first = int(differing[0]) + 1
        yield (
            f"the learning rates differ at steps {first} to {last} only (warm-up?): "
            f"{listed(candidate[: last + 1])} in the candidate, {listed(reference[: last + 1])} in "
            "the reference"
        )
