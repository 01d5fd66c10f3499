"""Operations that compute in float32 in a float64 run, and the weaker bound on what they reach.

TensorFlow resizes images in float32 whatever it is given, and code casts (`x.float()`). The float64
runs of two right sides then differ as much as float32 runs do, where such an operation has an
effect. How much that is, is measured: the run is repeated with the results of these operations
perturbed by their ulps, and what moves has a weaker bound, by how far it moves. A candidate's own
casts count no more than all of the reference's float32 run does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array
from parity.checking.case_runs import CaseRuns
from parity.checking.case_verdict import judge
from parity.checking.constant_runs import ROLES, ConstantRuns, Role
from parity.checking.perturbed_runs import PERTURBED_RUNS
from parity.declaring.float32_watch import Float32Operation, Float32Watch
from parity.declaring.port import Pair
from parity.declaring.trace import Trace
from parity.errors import ParityError, UnsampledError
from parity.judging import oracle
from parity.judging.elementwise import largest_gap, magnitude
from parity.judging.verdict import OutputResult, Verdict

_NAMED = 3


@dataclass(frozen=True)
class Float32Use:
    """An operation that a side computes in float32 in its float64 run."""

    side: Role
    operation: Float32Operation


@dataclass(frozen=True)
class JudgedInFloat32:
    """A case judged by the weaker bound where float32 operations have an effect."""

    runs: CaseRuns
    outputs: list[OutputResult]
    notes: list[str]
    used: tuple[Float32Use, ...]


def judge_float32_inside(
    pair: Pair, runs: CaseRuns, outputs: Sequence[OutputResult]
) -> JudgedInFloat32 | None:
    """Judge a case again by the weaker bound, if float32 operations explain what fails.

    Returns None if nothing fails by so little, if there are no such operations, or if no output
    passes that did not before.
    """
    if runs.constants is None or not any(_may_be_float32(output) for output in outputs):
        return None
    errors: dict[Role, dict[str, float]] = {}
    used: list[Float32Use] = []
    for role in ROLES:
        found, moved = _movements(runs.constants, role)
        used += [Float32Use(role, operation) for operation in found]
        errors[role] = moved
    if not used:
        return None
    runs = replace(runs, traces=runs.traces.map(_widened))
    total = _total(runs, errors["reference"], errors["candidate"])
    weaker = replace(runs, float32_errors=total)
    judged, notes = judge(pair, weaker)
    before = sum(output.verdict.passes for output in outputs)
    if sum(output.verdict.passes for output in judged) <= before:
        return None
    described = [_described(output, used) for output in judged]
    count = sum(output.float32_err is not None for output in described)
    note = f"float32 inside the float64 run: {listed(used)}; {count} outputs and gradients that "
    note += "depend on it are judged by a weaker bound"
    return JudgedInFloat32(weaker, described, [*notes, note], tuple(used))


def _may_be_float32(output: OutputResult) -> bool:
    """Return whether an output fails by no more than float32 operations may explain."""
    if output.verdict is Verdict.STRUCTURE:
        return output.ref_shape == output.cand_shape and "float64 run returned float32" in (
            output.reason
        )
    gap, scale = output.max_abs_err_64, output.scale
    if output.verdict.passes or gap is None or not scale:
        return False
    return gap <= oracle.FALLBACK_LIMIT * scale


def _movements(
    constants: ConstantRuns, role: Role
) -> tuple[list[Float32Operation], dict[str, float]]:
    """Return a side's float32 operations, and how far perturbing them moves each output."""
    watch = Float32Watch("exact")
    here = _run(constants, role, watch)
    if here is None or not watch.operations:
        return [], {}
    moved: dict[str, float] = {}
    for seed in range(1, PERTURBED_RUNS + 1):
        there = _run(constants, role, Float32Watch("exact", seed=seed))
        if there is None:
            break
        others = there.named()
        for name, array in here.named().items():
            if array.dtype.kind == "f" and name in others:
                gap = largest_gap(array, others[name]).size
                moved[name] = max(moved.get(name, 0.0), gap)
    return watch.operations, moved


def _run(constants: ConstantRuns, role: Role, watch: Float32Watch) -> Trace | None:
    try:
        trace = constants.sides[role](constants.task, watch)
    except ParityError:
        return None
    if trace is None:
        return None
    for narrow in constants.narrowing:
        trace = narrow(trace)
    return trace


def _widened(trace: Trace) -> Trace:
    """Return a float64 run with what it returned in float32 widened; that is exact."""
    if trace.dtype != "float64":
        return trace

    def wide(array: Array) -> Array:
        return array.astype(np.float64) if array.dtype == np.float32 else array

    outputs = {name: wide(array) for name, array in trace.outputs.items()}
    gradients = {name: wide(array) for name, array in trace.gradients.items()}
    return replace(trace, outputs=outputs, gradients=gradients)


def _total(
    runs: CaseRuns, reference: dict[str, float], candidate: dict[str, float]
) -> dict[str, float]:
    """Return how far each output may be off by both sides' float32 operations."""
    total = dict(reference)
    if not candidate:
        return total
    try:
        sampled = runs.sample_errors()
    except UnsampledError:
        sampled = {}
    singles = runs.traces.reference32.named()
    for name, moved in candidate.items():
        if name in singles:
            floor = oracle.FLOOR_ULPS * oracle.EPS32 * magnitude(singles[name])
            most = max(floor, sampled.get(name, 0.0), reference.get(name, 0.0))
            total[name] = reference.get(name, 0.0) + min(moved, most)
    return total


def _described(output: OutputResult, used: Sequence[Float32Use]) -> OutputResult:
    """Return a result that says so if only the weaker bound lets it pass."""
    gap, scale, own, error = (
        output.max_abs_err_64,
        output.scale,
        output.ref_err,
        output.float32_err,
    )
    if gap is None or scale is None or own is None or error is None:
        return output
    strict = oracle.bounds(scale, own, output.cand_err or 0.0).logic
    if not output.verdict.passes or gap <= strict:
        return output
    allowed = oracle.bounds(scale, own, output.cand_err or 0.0, error).logic
    reason = (
        f"float64 runs differ by {gap:.3g} at a scale of {scale:.3g}, within the weaker bound "
        f"{allowed:.2g}, as part of it is computed in float32: {listed(used)}"
    )
    return replace(output, verdict=Verdict.EQUIVALENT, reason=reason)


def listed(used: Sequence[Float32Use]) -> str:
    """Return the operations by side, at most three of each."""
    parts = []
    for role in ROLES:
        own = [str(use.operation) for use in used if use.side == role]
        if own:
            more = f" and {len(own) - _NAMED} more" if len(own) > _NAMED else ""
            parts.append(f"the {role} computes {'; '.join(own[:_NAMED])}{more} in float32")
    return ", and ".join(parts)
