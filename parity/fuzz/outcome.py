"""Outcome of one fuzz case, run and judged in the same way as by `parity check`."""

from dataclasses import dataclass

import numpy as np

from parity.checking.case_result import CaseResult
from parity.checking.case_runs import LiveReference, run_four
from parity.checking.reruns import judge_with_constants
from parity.checking.weight_gradients import judge_weights_alone
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task
from parity.errors import SideFailedError, StructureError
from parity.judging.verdict import OutputResult, Verdict, worst
from parity.runners.side import run_side


@dataclass(frozen=True)
class Outcome:
    """Verdict on one case, and whether it is a counterexample.

    Counterexamples are mismatches, and errors that only one side raises. An input that both sides
    refuse, on which float32 is meaningless, or on which neither side returns anything finite, is
    `not compared`: neither a counterexample nor a pass.
    """

    verdict: Verdict
    is_counterexample: bool
    outputs: tuple[OutputResult, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Return in one line why the case does not pass, or "" if it passes."""
        if self.verdict.passes:
            return ""
        failing = [output for output in self.outputs if output.verdict is self.verdict]
        if failing:
            return f"{failing[0].name}: {failing[0].reason}"
        return self.notes[0] if self.notes else ""

    def as_case(self, layer: str, config: str, mode: str, given: str) -> CaseResult:
        """Return the outcome in the form that the reports of a check take."""
        return CaseResult(layer, config, mode, given, self.verdict, self.outputs, self.notes)


def run_case(pair: Pair, task: Task) -> Outcome:
    """Run both sides in both dtypes and judge them.

    Raises ParityError for errors that no input causes, such as a missing framework or a declaration
    that does not fit.
    """
    config = Configuration("fuzzed", task.options)
    # Fuzzed inputs are meant to overflow and to divide by zero; only the results are judged.
    with np.errstate(all="ignore"):
        try:
            runs = run_four(pair, config, task, LiveReference())
            judged = judge_with_constants(pair, runs)
            outputs = (*judged.outputs, *judge_weights_alone(pair, runs))
        except StructureError as error:
            return Outcome(Verdict.STRUCTURE, True, notes=(str(error),))
        except SideFailedError as error:
            both_fail = _fails(pair, "reference", task) and _fails(pair, "candidate", task)
            return Outcome(Verdict.NOT_COMPARED, not both_fail, notes=(str(error),))
    verdict = worst(output.verdict for output in outputs)
    return Outcome(verdict, verdict.mismatch, outputs, tuple(judged.notes))


def _fails(pair: Pair, role: str, task: Task) -> bool:
    try:
        run_side(pair, role, task)
    except SideFailedError:
        return True
    return False
