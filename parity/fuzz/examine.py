"""One hunted case: run and judged as `check` does, and whether that is a find."""

from dataclasses import dataclass

import numpy as np

from parity.checking.case_verdict import judge
from parity.checking.checker import CaseResult
from parity.checking.execution import run_four
from parity.checking.reference import LiveReference
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task
from parity.errors import SideFailedError, StructureError
from parity.judging.verdict import OutputResult, Verdict, worst
from parity.runners.side import run_side


@dataclass(frozen=True)
class Outcome:
    """What came of one case.

    `found` is True for a mismatch, and for an error that one side alone raises. Where both sides
    refuse an input, or float32 is worthless on it, or both give nothing finite, there is nothing to
    be told, and the verdict is `not compared`: no find, and no pass.
    """

    verdict: Verdict
    found: bool
    outputs: tuple[OutputResult, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why it does not pass, in one line; "" if it does."""
        failing = [output for output in self.outputs if output.verdict is self.verdict]
        if self.verdict.passes:
            return ""
        if failing:
            return f"{failing[0].name}: {failing[0].reason}"
        return self.notes[0] if self.notes else ""

    def as_case(self, layer: str, config: str, mode: str, given: str) -> CaseResult:
        """The outcome as reports of a check have it."""
        return CaseResult(layer, config, mode, given, self.verdict, self.outputs, self.notes)


def examine(pair: Pair, task: Task) -> Outcome:
    """Run both sides in both dtypes and judge them.

    Raises ParityError for what no input can be blamed for: a framework that is not installed, a
    declaration that does not fit.
    """
    config = Configuration("hunted", task.options)
    # Hunted inputs are to overflow and to divide by zero; what comes of it is what is judged.
    with np.errstate(all="ignore"):
        try:
            outputs, notes = judge(pair, run_four(pair, config, task, LiveReference()))
        except StructureError as error:
            return Outcome(Verdict.STRUCTURE, True, notes=(str(error),))
        except SideFailedError as error:
            alone = not (_fails(pair, "reference", task) and _fails(pair, "candidate", task))
            return Outcome(Verdict.NOT_COMPARED, alone, notes=(str(error),))
    verdict = worst(output.verdict for output in outputs)
    return Outcome(verdict, verdict.mismatch, tuple(outputs), tuple(notes))


def _fails(pair: Pair, role: str, task: Task) -> bool:
    try:
        run_side(pair, role, task)
    except SideFailedError:
        return True
    return False
