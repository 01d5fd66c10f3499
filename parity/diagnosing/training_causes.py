"""Root causes of a difference in training mode: dropout's masks and running statistics.

Hypotheses on masks are run: a side repeats its float64 run with a mask changed, and the difference
must fall to rounding. Running statistics are measured (`running_statistics`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.checking.training_runs import Probe
from parity.declaring.port import Pair
from parity.declaring.trace import Task, Trace
from parity.declaring.training_mode import Draw, MaskChange
from parity.diagnosing.running_statistics import ALIKE, LEFT, TrainingCause, statistics_causes
from parity.judging.elementwise import largest_gap, magnitude
from parity.runners.side import run_side
from parity.runners.training_session import STEPS, state_name

Changes = dict[str, dict[int, MaskChange]]


@dataclass(frozen=True)
class _Hypothesis:
    what: str
    changes: Changes


def training_causes(pair: Pair, task: Task, probe: Probe) -> tuple[TrainingCause, ...]:
    """Return what explains a layer's difference in training; empty if nothing tested does.

    Raises ParityError if a side cannot be run.
    """
    runs = _Runs(pair, replace(task, differentiate=()), probe)
    found: list[TrainingCause] = []
    changes: Changes = {}
    before = runs.error({})
    if before > LEFT:
        cause, changes = _of_masks(runs, probe, before)
        found += cause
    if before > LEFT and not found:
        found += _evaluation(runs)
    found += statistics_causes(runs.both(changes), task, probe.state)
    return tuple(found)


class _Runs:
    """Float64 runs of both sides in training, with masks changed."""

    def __init__(self, pair: Pair, task: Task, probe: Probe) -> None:
        self.pair, self.task, self._probe = pair, task, probe
        self._made: dict[tuple[str, str], Trace] = {}

    def side(self, role: str, changes: Changes) -> Trace:
        """Return a side's run in training."""
        own = changes.get(role, {})
        key = role, repr(sorted(own.items(), key=lambda item: item[0]))
        if key not in self._made:
            mode = replace(self._probe.mode, changes={role: own})
            task = replace(self.task, training=mode)
            self._made[key] = run_side(self.pair, role, task, "float64")
        return self._made[key]

    def both(self, changes: Changes) -> tuple[Arrays, Arrays]:
        """Return the outputs and weights of both sides."""
        return self.side("reference", changes).outputs, self.side("candidate", changes).outputs

    def error(self, changes: Changes) -> float:
        """Return the largest difference of an output, relative to its scale."""
        reference, candidate = self.both(changes)
        return _error(
            {k: v for k, v in reference.items() if k not in _state_names(self._probe.state)},
            candidate,
        )


def _state_names(state: tuple[str, ...]) -> set[str]:
    return {state_name(name, step) for name in state for step in range(1, STEPS + 1)}


def _error(reference: Mapping[str, Array], candidate: Mapping[str, Array]) -> float:
    errors = [0.0]
    for name, array in reference.items():
        other = candidate.get(name)
        if array.dtype.kind != "f":
            continue
        if other is None or other.shape != array.shape:
            return float("inf")
        errors.append(largest_gap(array, other).size / (magnitude(array) or 1.0))
    return max(errors)


def _of_masks(runs: _Runs, probe: Probe, before: float) -> tuple[list[TrainingCause], Changes]:
    """Return the hypothesis on masks that explains the outputs, or all of them together."""
    hypotheses = list(_hypotheses(probe))
    tried: list[tuple[float, _Hypothesis]] = []
    for hypothesis in hypotheses:
        left = runs.error(hypothesis.changes)
        tried.append((left, hypothesis))
        if left <= LEFT:
            return [_tested(hypothesis.what, before, left)], hypothesis.changes
    together = _merged([h.changes for _, h in tried])
    if len(tried) > 1 and (left := runs.error(together)) <= LEFT:
        what = "; ".join(dict.fromkeys(h.what for _, h in tried))
        return [_tested(what, before, left)], together
    return [], {}


def _tested(what: str, before: float, left: float) -> TrainingCause:
    evidence = f"with that undone, the float64 error falls from {before:.2g} to {left:.1g}"
    return TrainingCause(what, evidence, left)


def _merged(several: list[Changes]) -> Changes:
    merged: Changes = {}
    for changes in several:
        for role, own in changes.items():
            merged.setdefault(role, {}).update(own)
    return merged


def _hypotheses(probe: Probe) -> Iterator[_Hypothesis]:
    """Yield what may be wrong with the masks, from how those of the two sides were matched."""
    reference, candidate = probe.reference.draws, probe.candidate.draws
    used = {index for group in probe.matched for index in group}
    missing = [index for index in range(len(reference)) if index not in used]
    own = [index for index, group in enumerate(probe.matched) if not group]
    for index, group in enumerate(probe.matched):
        rates = {reference[place].rate for place in group}
        mine = candidate[index].rate
        if len(rates) != 1:
            continue
        (theirs,) = rates
        if abs(theirs - mine) > ALIKE:
            yield _Hypothesis(
                f"the candidate drops {_share(mine)} where the reference drops {_share(theirs)} "
                f"(of {_shape(candidate[index])})",
                {"candidate": {index: MaskChange(theirs)}},
            )
        yield _Hypothesis(
            f"the candidate does not scale what it keeps by 1 / (1 - {mine:.4g}), as the "
            f"reference does (of {_shape(candidate[index])})",
            {"candidate": {index: MaskChange(theirs, scale=1 / (1 - theirs))}},
        )
    for index, place in _other_shapes(reference, candidate, missing, own):
        yield _Hypothesis(
            f"the candidate drops by a mask of {_dims(candidate[index].shape)} where the "
            f"reference's is {_dims(reference[place].shape)}, for a tensor of "
            f"{_dims(_whole(reference[place]))}",
            {"candidate": {index: _same_mask(reference[place], candidate[index])}},
        )
    without = MaskChange()
    gone = {"reference": dict.fromkeys(missing, without)} if missing else {}
    added = {"candidate": dict.fromkeys(own, without)} if own else {}
    theirs_dropped = ", ".join(dict.fromkeys(_drop(reference[i]) for i in missing))
    mine_dropped = ", ".join(dict.fromkeys(_drop(candidate[i]) for i in own))
    if gone:
        yield _Hypothesis(f"the candidate does not drop {theirs_dropped}, the reference does", gone)
    if added:
        yield _Hypothesis(f"the candidate drops {mine_dropped}, the reference does not", added)
    if gone and added:
        yield _Hypothesis(
            f"the candidate drops {mine_dropped} where the reference drops {theirs_dropped}",
            {**gone, **added},
        )


def _other_shapes(
    reference: tuple[Draw, ...], candidate: tuple[Draw, ...], missing: list[int], own: list[int]
) -> Iterator[tuple[int, int]]:
    """Yield unmatched masks of both sides whose tensors have the same elements."""
    for index in own:
        for place in missing:
            mine, theirs = candidate[index].values, reference[place].values
            if mine is None or theirs is None or mine.size != theirs.size:
                continue
            if np.allclose(np.sort(mine, None), np.sort(theirs, None), rtol=0, atol=_near(theirs)):
                yield index, place


def _near(array: Array) -> float:
    return 1e-3 * float(np.max(np.abs(array), initial=0.0))


def _same_mask(theirs: Draw, mine: Draw) -> MaskChange:
    """Return the reference's mask in the candidate's place, if it can be laid out there."""
    numbers = theirs.numbers
    whole = _whole(theirs)
    for order in _permutations(len(whole)):
        moved = tuple(whole[axis] for axis in order)
        if moved == _whole(mine):
            padded = numbers.reshape((1,) * (len(whole) - numbers.ndim) + numbers.shape)
            spread = np.broadcast_to(padded, whole).transpose(order)
            if np.broadcast_shapes(mine.shape, spread.shape) == mine.shape:
                return MaskChange(theirs.rate, np.ascontiguousarray(spread))
    return MaskChange(theirs.rate)


def _permutations(rank: int) -> list[tuple[int, ...]]:
    first = tuple(range(rank))
    channels = (0, rank - 1, *range(1, rank - 1)) if rank > 1 else first
    return list(dict.fromkeys([first, channels]))


def _drop(draw: Draw) -> str:
    return f"{_share(draw.rate)} of {_shape(draw)}"


def _share(rate: float) -> str:
    return f"{rate:.4g}"


def _shape(draw: Draw) -> str:
    whole = _whole(draw)
    masked = "" if whole == draw.shape else f" by a mask of {_dims(draw.shape)}"
    return f"a tensor of {_dims(whole)}{masked}"


def _whole(draw: Draw) -> tuple[int, ...]:
    """Return the shape of the tensor that is dropped."""
    return draw.shape if draw.values is None else tuple(draw.values.shape)


def _dims(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "scalar"


def _evaluation(runs: _Runs) -> list[TrainingCause]:
    """Return that a side does in training what it does in evaluation, if it does."""
    found = []
    for role, other in (("candidate", "reference"), ("reference", "candidate")):
        here = run_side(runs.pair, role, runs.task, "float64").outputs
        if _error(here, runs.side(role, {}).outputs) <= LEFT:
            what = f"the {role} does in training what it does in evaluation, the {other} does not"
            found.append(TrainingCause(what, "its outputs are the same in both modes"))
    return found if len(found) == 1 else []
