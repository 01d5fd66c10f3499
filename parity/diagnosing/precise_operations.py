"""Operations whose replacement fixes a check that fails only in float32."""

from collections.abc import Sequence

from parity.checking.case_runs import CaseRuns, LiveReference, run_four
from parity.checking.case_verdict import judge
from parity.declaring.known_bug import KnownBug, OtherOperation
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task
from parity.diagnosing.diagnosis import RootCause
from parity.errors import ParityError
from parity.judging.verdict import OutputResult
from parity.known_bugs.planting import assume
from parity.runners.side import run_side


def find_precise_operations(
    pair: Pair, config: Configuration, task: Task, known: list[KnownBug]
) -> tuple[RootCause, ...]:
    """Return the operations whose replacement fixes a check that fails only in float32.

    Raises ParityError if a side does not run.
    """
    runs = run_four(pair, config, task, LiveReference())
    failing = [output for output in judge(pair, runs)[0] if not output.verdict.passes]
    if not failing:
        return ()
    before = _worst_float32_error(failing)
    names = {output.name for output in failing}
    causes = []
    for bug in known:
        if not isinstance(bug.change, OtherOperation):
            continue
        outputs = _judge_candidate(assume(pair, bug), task, runs)
        if outputs and all(output.verdict.passes for output in outputs):
            after = _worst_float32_error([output for output in outputs if output.name in names])
            evidence = f"with that, the float32 error falls from {before:.2g} to {after:.1g}"
            causes.append(RootCause((bug,), after, evidence))
    return tuple(causes)


def _judge_candidate(pair: Pair, task: Task, runs: CaseRuns) -> list[OutputResult] | None:
    """Return the verdicts on a changed candidate; None if it does not run."""
    try:
        single = run_side(pair, "candidate", task)
        double = run_side(pair, "candidate", task, "float64")
        return judge(pair, runs.with_candidate(single, double))[0]
    except ParityError:
        return None


def _worst_float32_error(outputs: Sequence[OutputResult]) -> float:
    """Return the largest of the candidate's float32 errors, relative to each output's scale."""
    return max(((o.cand_err or 0.0) / o.scale for o in outputs if o.scale), default=0.0)
