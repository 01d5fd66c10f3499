"""Outputs and weight gradients with inputs that need no gradient, as in training.

A check with gradients differentiates by inputs and weights. Training differentiates by weights
alone, and code may take another branch then (`if x.requires_grad`). So the candidate runs once
more on inputs that need no gradient. If an output or a weight's gradient is then another one, that
is a verdict of its own.
"""

from collections.abc import Callable
from dataclasses import replace

from parity.checking.case_runs import CaseRuns
from parity.checking.case_verdict import judge
from parity.declaring.interpreters import framework_here
from parity.declaring.port import Pair, Side
from parity.declaring.trace import Trace
from parity.errors import SideFailedError
from parity.judging.elementwise import same_bits
from parity.judging.four_runs import FourRuns
from parity.judging.verdict import OutputResult, Verdict
from parity.runners.side import run_side

SUFFIX = " (inputs need no gradient)"

Run = Callable[[str], Trace]
"""Runs a side on inputs that need no gradient, in a dtype."""


def is_of_weights_alone(output: OutputResult) -> bool:
    """Return whether a verdict is on inputs that need no gradient."""
    return output.name.endswith(SUFFIX)


def judge_weights_alone(pair: Pair, runs: CaseRuns) -> list[OutputResult]:
    """Return a failing verdict for each output and weight gradient that such inputs change.

    They are named as in the first run, with a suffix. Returns nothing if all are the same up to
    rounding, or if there is nothing to compare: no gradients, no weights, or no floating input.
    A reference that may change as well, and is not recorded, is run too.
    """
    task = replace(runs.task, constant=tuple(runs.task.inputs))
    others = (a for name, a in task.inputs.items() if name not in runs.task.constant)
    floating = any(array.dtype.kind == "f" for array in others)
    if task.differentiate == () or not task.weights or not floating:
        return []

    def candidate(dtype: str) -> Trace:
        return run_side(pair, "candidate", task, dtype)

    def reference(dtype: str) -> Trace:
        return runs.rerun(task, dtype) or runs.again("reference", dtype)

    try:
        mine = _changed(pair, runs, "candidate", candidate)
        theirs = _changed(pair, runs, "reference", reference)
        both = [name for name in mine if name in theirs]
        if both:
            mine |= dict.fromkeys(both)
            mine |= _compared(pair, runs, reference, candidate, both)
    except SideFailedError as error:
        reason = f"on inputs that need no gradient, {error}"
        return [OutputResult("outputs" + SUFFIX, Verdict.NOT_COMPARED, reason)]
    found = {**theirs, **mine}
    return [replace(r, name=name + SUFFIX) for name, r in found.items() if r is not None]


def _changed(pair: Pair, runs: CaseRuns, role: str, run: Run) -> dict[str, OutputResult | None]:
    """Return a verdict for what inputs without gradients change on one side, beyond rounding."""
    side: Side = getattr(pair, role)
    # Only PyTorch's code can ask whether a tensor needs a gradient.
    if framework_here(side.framework) != "torch":
        return {}
    traces = runs.traces
    single, double = (
        (traces.reference32, traces.reference64)
        if role == "reference"
        else (traces.candidate32, traces.candidate64)
    )
    again = run((double or single).dtype)
    names = [
        name
        for name, array in again.named().items()
        if name not in pair.distributions and not same_bits(array, (double or single).named()[name])
    ]
    pairs = FourRuns(single, again, None, None)
    if double is not None:
        pairs = FourRuns(single, single, double, again)
    return {
        result.name: replace(
            result,
            reason=f"with inputs that need no gradient, as in training, the {role} computes "
            f"something else: {result.reason}; does a branch depend on requires_grad?",
            # Both values are of one side here.
            worst=None,
        )
        for result in _failing(pair, runs, pairs, names)
    }


def _compared(
    pair: Pair, runs: CaseRuns, reference: Run, candidate: Run, names: list[str]
) -> dict[str, OutputResult | None]:
    """Compare both sides where such inputs change both of them; return what differs."""
    both = FourRuns(reference("float32"), candidate("float32"), None, None)
    if runs.traces.reference64 is not None and runs.traces.candidate64 is not None:
        both = replace(both, reference64=reference("float64"), candidate64=candidate("float64"))
    return {result.name: result for result in _failing(pair, runs, both, names)}


def _failing(
    pair: Pair, runs: CaseRuns, traces: FourRuns[Trace], names: list[str]
) -> list[OutputResult]:
    if not names:
        return []
    outputs, _ = judge(pair, replace(runs, traces=traces.map(lambda trace: _only(trace, names))))
    return [output for output in outputs if not output.verdict.passes]


def _only(trace: Trace, names: list[str]) -> Trace:
    """Return the part of a trace that has these names, as `Trace.named` gives them."""
    return replace(
        trace,
        outputs={name: array for name, array in trace.outputs.items() if name in names},
        gradients={name: g for name, g in trace.gradients.items() if f"grad/{name}" in names},
    )
