"""What costs a candidate its digits, where float64 shows no mistake."""

from dataclasses import replace

from parity.checking.case_verdict import judge
from parity.checking.execution import FourRuns, run_four
from parity.checking.reference import LiveReference
from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task
from parity.diagnosing.diagnosis import Suspect
from parity.errors import ParityError
from parity.judging.verdict import OutputResult
from parity.known_bugs.planting import supposed
from parity.runners.side import run_side


def avoided_by(
    pair: Pair, config: Configuration, task: Task, known: list[KnownBug]
) -> tuple[Suspect, ...]:
    """The operations that, done another way, let a check pass.

    Raises ParityError if a side does not run.
    """
    runs = run_four(pair, config, task, LiveReference())
    failing = {output.name: output for output in judge(pair, runs)[0] if not output.verdict.passes}
    if not failing:
        return ()
    found: list[Suspect] = []
    for mistake in known:
        if mistake.operation is None:
            continue
        after = _errors_done_so(supposed(pair, mistake), task, runs, failing)
        if after is not None:
            because = f"done so, the float32 error falls from {_worst(failing):.2g} to {after:.1g}"
            found.append(Suspect((mistake,), after, because))
    return tuple(found)


def _errors_done_so(
    pair: Pair, task: Task, runs: FourRuns, failing: dict[str, OutputResult]
) -> float | None:
    """The largest float32 error left in what failed; None if a check still fails."""
    try:
        done = replace(
            runs,
            candidate32=run_side(pair, "candidate", task),
            candidate64=run_side(pair, "candidate", task, "float64"),
        )
        outputs, _ = judge(pair, done)
    except ParityError:
        return None
    if not all(output.verdict.passes for output in outputs):
        return None
    return _worst({output.name: output for output in outputs if output.name in failing})


def _worst(outputs: dict[str, OutputResult]) -> float:
    """The largest of a candidate's float32 errors, relative to the scale of each output."""
    return max(
        ((o.cand_err or 0.0) / o.scale for o in outputs.values() if o.scale),
        default=0.0,
    )
