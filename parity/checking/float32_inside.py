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
from parity.checking.casts_left_out import judge_without_casts
from parity.checking.constant_runs import ROLES, ConstantRuns, Role
from parity.declaring.float32_watch import Float32Operation, Float32Watch
from parity.declaring.port import Pair
from parity.declaring.trace import Trace
from parity.errors import UnsampledError
from parity.judging import oracle
from parity.judging.elementwise import magnitude
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
    used = [Float32Use(r, operation) for r in ROLES for operation in _found(runs.constants, r)]
    if not used:
        return None
    roles = [role for role in ROLES if any(use.side == role for use in used)]
    without = judge_without_casts(pair, runs, outputs, roles)
    said = f"float32 inside the float64 run: {listed(used)}"
    if without is not None and without.passes:
        notes = [*without.notes, f"{said}; without these casts the float64 runs agree"]
        return JudgedInFloat32(without.runs, without.outputs, notes, tuple(used))
    weaker = _by_weaker_bound(pair, runs, outputs, roles, used)
    if weaker is None:
        return None
    if without is not None and (refused := without.refuses(weaker.outputs)):
        notes = [*without.notes, f"{said}; not judged by a weaker bound, as {_names(refused)}"]
        notes[-1] += " differ without these casts as well"
        merged = [
            before if before.verdict.passes else after
            for before, after in zip(outputs, without.outputs, strict=True)
        ]
        return JudgedInFloat32(without.runs, merged, notes, tuple(used))
    return weaker


def _by_weaker_bound(
    pair: Pair,
    runs: CaseRuns,
    outputs: Sequence[OutputResult],
    roles: Sequence[Role],
    used: Sequence[Float32Use],
) -> JudgedInFloat32 | None:
    """Judge a case by the weaker bound; None if no output passes that did not before."""
    assert runs.constants is not None
    moved = {role: runs.constants.movements(role) if role in roles else {} for role in ROLES}
    runs = replace(runs, traces=runs.traces.map(_widened))
    total = _total(runs, moved["reference"], moved["candidate"])
    # An output that is off by more than float32 may explain has its own bound.
    small = {output.name for output in outputs if _may_be_float32(output) or output.verdict.passes}
    weaker = replace(runs, float32_errors={n: error for n, error in total.items() if n in small})
    judged, notes = judge(pair, weaker)
    before = sum(output.verdict.passes for output in outputs)
    if sum(output.verdict.passes for output in judged) <= before:
        return None
    described = [_described(output, used) for output in judged]
    count = sum(output.float32_err is not None for output in described)
    note = f"float32 inside the float64 run: {listed(used)}; {count} outputs and gradients that "
    note += "depend on it are judged by a weaker bound"
    return JudgedInFloat32(weaker, described, [*notes, note], tuple(used))


def _names(outputs: Sequence[str]) -> str:
    more = f" and {len(outputs) - _NAMED} more" if len(outputs) > _NAMED else ""
    return ", ".join(outputs[:_NAMED]) + more


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


def _found(constants: ConstantRuns, role: Role) -> list[Float32Operation]:
    """Return a side's float32 operations; none if it cannot be run again."""
    watch = Float32Watch("exact")
    return watch.operations if constants.watched(role, watch) is not None else []


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
    scales = {name: magnitude(array) for name, array in runs.traces.reference32.named().items()}
    try:
        sampled = runs.sample_errors() if candidate else {}
    except UnsampledError:
        sampled = {}
    for name, moved in candidate.items():
        if name in scales:
            floor = oracle.FLOOR_ULPS * oracle.EPS32 * scales[name]
            most = max(floor, sampled.get(name, 0.0), reference.get(name, 0.0))
            total[name] = reference.get(name, 0.0) + min(moved, most)
    # However ill-conditioned an output is, its bound is no wider than one without float64.
    limit = oracle.FALLBACK_LIMIT / oracle.ROUNDING_FACTOR
    return {name: min(error, limit * scales.get(name, 0.0)) for name, error in total.items()}


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
