"""Further runs of a case that fails: are constants all that differs, and is a side random?"""

from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array
from parity.checking.case_runs import CaseRuns
from parity.checking.case_verdict import judge
from parity.checking.constant_finding import ConstantFinding
from parity.checking.constant_hypotheses import explain_by_constants
from parity.checking.float32_inside import Float32Use, judge_float32_inside
from parity.checking.mask_gradients import exempt_masks, failing_masks
from parity.declaring.port import Pair
from parity.judging import oracle
from parity.judging.elementwise import largest_gap, magnitude, nonfinite_mismatch
from parity.judging.verdict import OutputResult, Verdict

_ADVICE = {
    "reference": "so it cannot be compared against: seed its random numbers, or call it in "
    "evaluation mode",
    "candidate": "is it in training mode, with dropout on? call eval(), or seed its random numbers",
}

_GRADIENT = "grad/"


@dataclass(frozen=True)
class CaseVerdict:
    """The verdicts on a case's outputs, notes on the case, and the runs that they are of.

    `constants` says which constants' float32 rounding explains a difference in float64; the float64
    runs are then those with these constants changed. `float32` holds the operations that compute in
    float32 in the float64 runs, if a weaker bound was needed.
    """

    outputs: list[OutputResult]
    notes: list[str]
    runs: CaseRuns
    constants: ConstantFinding | None = None
    float32: tuple[Float32Use, ...] = ()


def judge_and_rerun(pair: Pair, runs: CaseRuns) -> CaseVerdict:
    """Judge a case, and run each side again if an output differs.

    What differs by no more than the rounding of constants is `equivalent`. A nondeterministic
    reference makes a difference `not compared`; a nondeterministic candidate is noted.
    """
    judged = judge_with_constants(pair, runs)
    traces = (("reference", runs.traces.reference32), ("candidate", runs.traces.candidate32))
    notes = [
        f"the {role} changes its input {name} in place"
        for role, trace in traces
        for name in trace.changed
    ]
    judged = replace(judged, notes=[*judged.notes, *notes])
    differing = (Verdict.DIFFERENT, Verdict.IMPRECISE)
    if not any(output.verdict in differing for output in judged.outputs):
        return judged
    outputs = judged.outputs
    if note := find_nondeterminism(runs, "reference", pair.distributions):
        reason = "the reference is not deterministic here"
        outputs = [
            replace(output, verdict=Verdict.NOT_COMPARED, reason=reason)
            if output.verdict in differing
            else output
            for output in outputs
        ]
    else:
        note = find_nondeterminism(runs, "candidate", pair.distributions)
    return replace(judged, outputs=outputs, notes=[*judged.notes, note] if note else judged.notes)


def judge_with_constants(pair: Pair, runs: CaseRuns) -> CaseVerdict:
    """Judge a case, with its constants exact or rounded where that explains a difference.

    Gradients by masks that mean nothing are exempt, where at most other gradients differ.
    """
    outputs, notes = judge(pair, runs)
    if masks := failing_masks(runs, outputs):
        names = [output.name.removeprefix(_GRADIENT) for output in masks]
        rest = judge_with_constants(pair, runs.without(names))
        failing = [output.name for output in rest.outputs if not output.verdict.passes]
        if rest.outputs and all(name.startswith(_GRADIENT) for name in failing):
            agreeing = rest.runs.without([name.removeprefix(_GRADIENT) for name in failing])
            found = exempt_masks(pair, runs, agreeing, masks, everything=not failing)
            said = [f"{o.name} is {o.reason}" for o in found if o.verdict.passes]
            return replace(rest, outputs=[*rest.outputs, *found], notes=[*rest.notes, *said])
    inside = judge_float32_inside(pair, runs, outputs)
    if inside is not None:
        runs, outputs, notes = inside.runs, inside.outputs, inside.notes
    used = inside.used if inside is not None else ()
    explained = explain_by_constants(pair, runs, outputs)
    if explained is None:
        return CaseVerdict(outputs, notes, runs, float32=used)
    finding = explained.finding
    notes = [*explained.notes, finding.note]
    return CaseVerdict(explained.outputs, notes, explained.runs, finding, used)


def find_nondeterminism(runs: CaseRuns, role: str, skipped: tuple[str, ...] = ()) -> str | None:
    """Run a side again on the same task, once for all its layers; return a note on a change.

    Runs in float64 if available. Rounding differences are allowed, as threads may sum in a
    different order each time.

    Args:
        runs: the runs in which the sides differ.
        role: "reference" or "candidate".
        skipped: outputs that are declared to be random.
    """
    whole = runs.whole or runs
    if role not in whole.unsteady:
        whole.unsteady[role] = _unsteady(whole, role)
    for name in getattr(runs.traces, f"{role}32").named():
        if name not in skipped and name in whole.unsteady[role]:
            return whole.unsteady[role][name]
    return None


def _unsteady(runs: CaseRuns, role: str) -> dict[str, str]:
    """Return a note on each output that a second run of a side changes."""
    traces = runs.traces
    single, double = (
        (traces.reference32, traces.reference64)
        if role == "reference"
        else (traces.candidate32, traces.candidate64)
    )
    first = double or single
    again, singles = runs.again(role, first.dtype).named(), single.named()
    return {
        name: f"the {role} is not deterministic: run twice on the same input, its {first.dtype} "
        f"output {name} {change}; {_ADVICE[role]}"
        for name, array in first.named().items()
        if (change := _change(array, again.get(name), singles.get(name)))
    }


def _change(array: Array, again: Array | None, single: Array | None) -> str:
    """Return what a second run changed beyond rounding; "" if nothing."""
    if again is None or again.shape != array.shape or again.dtype != array.dtype:
        return "has another shape or dtype"
    if array.dtype.kind != "f":
        return "" if np.array_equal(array, again) else "has other values"
    if nonfinite_mismatch(array, again) is not None:
        return "has NaN or infinity in other places"
    gap, scale = largest_gap(array, again).size, magnitude(array)
    error = 0.0
    if single is not None and single.shape == array.shape:
        error = largest_gap(single, array).size
    bounds = oracle.bounds(scale, error, error)
    allowed = bounds.logic if array.dtype == np.float64 else bounds.rounding
    return f"differs by {gap:.3g} at a scale of {scale:.3g}" if gap > allowed else ""
