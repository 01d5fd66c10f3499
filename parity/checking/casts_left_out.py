"""Float64 runs without the casts to float32 that the code makes.

A cast of data to float32 (`x.float()`, `tf.cast(x, tf.float32)`) can be left out of a float64 run.
If nothing else computes in float32, the two sides are then compared as strictly as any, and a
mistake as small as float32's rounding cannot hide behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parity.checking.case_runs import CaseRuns
from parity.checking.case_verdict import judge
from parity.checking.constant_hypotheses import explain_by_constants
from parity.checking.constant_runs import Role
from parity.declaring.float32_watch import Float32Watch
from parity.declaring.port import Pair
from parity.declaring.trace import Trace
from parity.judging import oracle
from parity.judging.verdict import OutputResult


@dataclass(frozen=True)
class WithoutCasts:
    """A case whose float64 runs make no cast to float32, and compute nothing in float32.

    Args:
        runs: the runs.
        outputs, notes: their verdicts, and notes on them.
        explained: the verdicts if constants' rounding is allowed for.
    """

    runs: CaseRuns
    outputs: list[OutputResult]
    notes: list[str]
    explained: list[OutputResult]

    @property
    def passes(self) -> bool:
        """Return whether all outputs agree."""
        return all(output.verdict.passes for output in self.explained)

    def refuses(self, weaker: Sequence[OutputResult]) -> list[str]:
        """Return the outputs that pass by a weaker bound, and differ by as little without casts.

        If they differ by more, a value has crossed a step (a rounding, a comparison) that it has
        not crossed in float32: then the casts are part of the function, and nothing is said.
        """
        return [
            one.name
            for one, other in zip(self.explained, weaker, strict=True)
            if not one.verdict.passes and other.verdict.passes and _as_little(one, other)
        ]


def judge_without_casts(
    pair: Pair, runs: CaseRuns, outputs: Sequence[OutputResult], roles: Sequence[Role]
) -> WithoutCasts | None:
    """Judge a case with the casts of some sides to float32 left out of their float64 runs.

    Returns None if a side cannot run so, or still computes in float32. `outputs` are the verdicts
    with the casts.
    """
    constants, traces = runs.constants, runs.traces
    assert constants is not None
    for role in roles:
        watch = Float32Watch("exact", without_casts=True)
        trace = constants.watched(role, watch)
        if trace is None or watch.operations or _returns_float32(trace):
            return None
        traces = replace(traces, **{f"{role}64": trace})
    without = replace(runs, traces=traces, constants=constants.without_casts(roles))
    judged, notes = judge(pair, without)
    if [output.name for output in judged] != [output.name for output in outputs]:
        return None
    found = explain_by_constants(pair, without, judged)
    return WithoutCasts(without, judged, notes, judged if found is None else found.outputs)


def _returns_float32(trace: Trace) -> bool:
    return any(array.dtype.name == "float32" for array in trace.named().values())


def _as_little(one: OutputResult, weaker: OutputResult) -> bool:
    """Return whether the gap of one result is within the weaker bound of another."""
    gap, scale, own = one.max_abs_err_64, weaker.scale, weaker.ref_err
    if gap is None or scale is None or own is None:
        return False
    error = weaker.float32_err or 0.0
    return gap <= oracle.bounds(scale, own, weaker.cand_err or 0.0, error).logic
