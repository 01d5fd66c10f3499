"""Gradients by masks, which may differ between two right sides: recognized by what flips change.

A mask of zeros and ones is compared with a number (`masked_fill(mask == 0, -inf)`), or a large
number is added where it is 0 (`(1 - mask) * -1e9`). The gradient by it is then zero, or enormous:
neither says what another mask would change, and nobody uses it. So where all outputs agree and
such a gradient does not, single elements of the mask are flipped. If both sides agree on the
flipped masks too, and a side's gradient says nothing of what the flips change, it is exempt.

A mask that is multiplied by has a gradient that says just that, and stays compared. So does a
one-hot input, whose gradient is used (as attribution to a sequence).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array
from parity.checking.case_runs import CaseRuns
from parity.checking.case_verdict import judge
from parity.declaring.inputs import draw_cotangent, generator
from parity.declaring.port import Pair
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError
from parity.judging.four_runs import FourRuns
from parity.judging.verdict import OutputResult, Verdict
from parity.runners.side import run_side

# Masks that are tried, each with one element flipped in every row where both values stay.
FLIPPED_MASKS = 4
# A gradient this many times what a flip changes says nothing of the flip. A factor's gradient is
# the change itself, at most a few times more where the layer is not linear; -1e4 is the smallest
# number that masks add.
ENORMOUS = 100.0

_PREFIX = "grad/input/"


@dataclass(frozen=True)
class _Flip:
    """One flipped mask: which elements, and how much that changes the weighted outputs, by side."""

    places: Array
    changes: tuple[float, float]


def exempt(name: str, like: OutputResult, reason: str) -> OutputResult:
    """Return the result for a gradient that is not compared, with the reason."""
    blank = OutputResult(name, Verdict.EXEMPT, f"not compared: {reason}")
    return replace(
        blank,
        ref_shape=like.ref_shape,
        cand_shape=like.cand_shape,
        ref_dtype=like.ref_dtype,
        cand_dtype=like.cand_dtype,
    )


def exempt_by_declaration(pair: Pair, runs: CaseRuns) -> list[OutputResult]:
    """Return the results of the gradients that the pair's declaration exempts."""
    if runs.task.differentiate == ():
        return []
    return [
        OutputResult(f"grad/input/{name}", Verdict.EXEMPT, f"not compared: {reason}")
        for name, reason in pair.exempt_gradients.items()
        if runs.task.inputs[name].dtype.kind == "f"
    ]


def failing_masks(runs: CaseRuns, outputs: Sequence[OutputResult]) -> list[OutputResult]:
    """Return the failing gradients by inputs that are masks, as far as their values show."""
    return [
        output
        for output in outputs
        if not output.verdict.passes
        and output.name.startswith(_PREFIX)
        and is_mask(runs.task.inputs.get(output.name.removeprefix(_PREFIX)))
    ]


def is_mask(array: Array | None) -> bool:
    """Return whether a floating array holds only zeros and ones, and is not one-hot."""
    if array is None or array.dtype.kind != "f" or not np.isin(array, (0, 1)).all():
        return False
    return array.ndim == 0 or array.shape[-1] == 1 or bool((array.sum(-1) > 1).any())


def exempt_masks(
    pair: Pair,
    runs: CaseRuns,
    rest: CaseRuns,
    masks: Sequence[OutputResult],
    *,
    everything: bool = True,
) -> list[OutputResult]:
    """Return the results of gradients by masks; exempt if flips show that they mean nothing.

    Args:
        pair: the pair.
        runs: the runs with these gradients.
        rest: the runs without all failing gradients, which agree.
        masks: the failing gradients by masks.
        everything: whether nothing but these gradients fails.
    """
    besides = "everything else" if everything else "all outputs"
    return [_exempt_if_meaningless(pair, runs, rest, output, besides) for output in masks]


def _exempt_if_meaningless(
    pair: Pair, runs: CaseRuns, rest: CaseRuns, output: OutputResult, besides: str
) -> OutputResult:
    name = output.name.removeprefix(_PREFIX)
    flips = list(_agreeing_flips(pair, rest, name))
    traces = runs.traces
    sides = (
        traces.reference64 or traces.reference32,
        traces.candidate64 or traces.candidate32,
    )
    if not flips or any(flip is None for flip in flips):
        return _with_hint(output, name)
    found = [flip for flip in flips if flip is not None]
    for number, (role, trace) in enumerate(zip(("reference", "candidate"), sides, strict=True)):
        meaning = _meaningless(trace.gradients[f"input/{name}"], found, number)
        if meaning:
            reason = (
                f"{name} is a mask of 0 and 1, and {meaning.format(role=role)}; both sides agree "
                f"on {len(found)} other masks, and in {besides}"
            )
            return exempt(output.name, output, reason)
    return _with_hint(output, name)


def _with_hint(output: OutputResult, name: str) -> OutputResult:
    hint = f"if nothing differentiates by {name}, name it in exempt_gradients, with the reason"
    return replace(output, reason=f"{output.reason}; {hint}")


def _meaningless(gradient: Array, flips: Sequence[_Flip], side: int) -> str:
    """Return why a side's gradient by a mask says nothing of what flips change; "" if it does."""
    changes = [flip.changes[side] for flip in flips]
    if not np.any(gradient):
        compared = "the {role} only compares it with a number, so the gradient is zero there"
        return compared if any(changes) else ""
    largest, enormous = 0.0, False
    for flip, change in zip(flips, changes, strict=True):
        predicted = np.abs(gradient[flip.places])
        if not predicted.size or not np.any(predicted):
            continue
        size = np.inf if not np.isfinite(predicted).all() else float(predicted.max())
        if size <= ENORMOUS * change:
            return ""
        largest, enormous = max(largest, size), True
    if not enormous:
        return ""
    return (
        f"the {{role}} adds a large number where it is 0, so the gradient there ({largest:.2g}) "
        f"says nothing of what another mask would change (at most {max(changes):.2g})"
    )


def _agreeing_flips(pair: Pair, runs: CaseRuns, name: str) -> Iterator[_Flip | None]:
    """Yield flipped masks on which both sides agree; None, and nothing more, if they do not."""
    for seed in range(1, FLIPPED_MASKS + 1):
        mask = runs.task.inputs[name]
        places = _places(mask, seed)
        if not places.any():
            return
        flipped = np.where(places, 1 - mask, mask).astype(mask.dtype)
        inputs = {**runs.task.inputs, name: flipped}
        task = replace(runs.task, inputs=inputs, differentiate=())
        traces = _run(pair, runs, task)
        if traces is None or not _agree(pair, replace(runs, task=task, traces=traces)):
            yield None
            return
        before = runs.traces
        yield _Flip(
            places,
            (
                _change(runs.task, before.reference64, traces.reference64),
                _change(runs.task, before.candidate64, traces.candidate64),
            ),
        )


def _places(mask: Array, seed: int) -> Array:
    """Return one element to flip in each row, where the row keeps another of the same value.

    So no row is masked everywhere, where right sides may differ (NaN for -inf).
    """
    axis = next((a for a in reversed(range(mask.ndim)) if mask.shape[a] > 1), 0)
    if not mask.ndim:
        return np.zeros(mask.shape, bool)
    rows = np.moveaxis(mask, axis, -1)
    ones = rows.sum(-1, keepdims=True)
    alike = np.where(rows == 1, ones, rows.shape[-1] - ones)
    drawn = generator("flipped mask", seed).uniform(size=rows.shape)
    order: Array = np.where(alike > 1, drawn, -1.0)
    chosen = (order == order.max(-1, keepdims=True)) & (order >= 0)
    return np.moveaxis(chosen, -1, axis)


def _run(pair: Pair, runs: CaseRuns, task: Task) -> FourRuns[Trace] | None:
    """Run both sides on a task, with constants as in `runs`; None if a side does not run."""
    if runs.traces.reference64 is None or runs.traces.candidate64 is None:
        return None
    one, other = (held.changes() for held in runs.held)
    try:
        references = runs.rerun(task, "float32"), runs.rerun(task, "float64", one)
        if references[0] is None or references[1] is None:
            return None
        return FourRuns(
            references[0],
            run_side(pair, "candidate", task),
            references[1],
            run_side(pair, "candidate", task, "float64", other),
        )
    except ParityError:
        return None


def _agree(pair: Pair, runs: CaseRuns) -> bool:
    outputs, _ = judge(pair, runs)
    return bool(outputs) and all(output.verdict.passes for output in outputs)


def _change(task: Task, before: Trace | None, after: Trace | None) -> float:
    """Return the largest change that a flip may make to the weighted sum of outputs."""
    assert before is not None
    assert after is not None
    names = before.outputs if task.differentiate is None else task.differentiate
    total = 0.0
    for name in names:
        one, other = before.outputs[name], after.outputs[name]
        if one.dtype.kind == "f":
            moved = np.abs(draw_cotangent(name, one.shape, task.seed) * (other - one))
            total += float(np.nansum(moved))
    return total
