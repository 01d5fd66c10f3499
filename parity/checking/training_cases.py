"""Cases of mode "training": a layer's verdict in training mode, where that differs."""

import time
from dataclasses import replace
from functools import partial

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.checking.reruns import judge_and_rerun
from parity.checking.time_limit import time_limit
from parity.checking.training_runs import (
    EvaluationOnly,
    in_another_order,
    probe_quietly,
    training_runs,
    unmapped_note,
)
from parity.declaring.interpreters import role_of
from parity.declaring.port import Configuration, Pair
from parity.errors import ParityError, StaleError, StructureError, UnavailableError
from parity.judging.verdict import Verdict, worst


class TrainingCases:
    """Checks the layers of a port in training mode, after their isolated cases.

    Where training was not selected, only the first configuration of a layer is tried, to say what
    was not seen.
    """

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self.selected = checker.selection.trains(checker.port)
        self._tried: set[str] = set()

    def compares(self, pair: Pair, config: Configuration) -> bool:
        """Return whether a layer is compared in training mode if that differs from evaluation."""
        return self.selected and config.training and self._can_train(pair)

    def _can_train(self, pair: Pair) -> bool:
        own = not pair.no_training and not pair.distributions
        return own and "isolated" in self._checker.selection.modes

    def run(self, pair: Pair, config: Configuration) -> CaseResult | EvaluationOnly | None:
        """Check a layer in training mode.

        Returns None if it does the same there, and `EvaluationOnly` if it was not compared there.
        """
        if self.selected:
            left_out = not self.compares(pair, config)
        else:
            left_out = pair.layer in self._tried or not self._can_train(pair)
        if left_out:
            return None
        self._tried.add(pair.layer)
        started = time.monotonic()
        title = self._checker.inputs.take(config.records).title
        result = CaseResult(pair.layer, config.name, "training", title, Verdict.NOT_COMPARED)
        found: CaseResult | EvaluationOnly | None
        try:
            with time_limit(self._checker.timeout):
                found = self._run(pair, config, result)
        except (UnavailableError, StaleError):
            raise
        except StructureError as error:
            found = replace(result, verdict=Verdict.STRUCTURE, notes=(str(error),))
        except ParityError as error:
            found = replace(result, notes=(str(error),))
        if isinstance(found, CaseResult):
            return replace(found, seconds=time.monotonic() - started)
        return found

    def _run(
        self, pair: Pair, config: Configuration, result: CaseResult
    ) -> CaseResult | EvaluationOnly | None:
        checker = self._checker
        task, evaluated = checker.task(pair, config), checker.evaluated(pair, config)
        recorded = checker.reference.provenance is not None
        elsewhere = role_of(pair.reference.framework) is not None
        reference = partial(checker.reference.trace, pair, config)
        probed = probe_quietly(
            pair, task, evaluated, with_reference=not (recorded or elsewhere), reference=reference
        )
        if isinstance(probed, str):
            # Where nobody asked for training, it does not matter that a side fails there.
            return replace(result, notes=(probed,)) if self.selected and probed else None
        if not probed.differs:
            return None
        reason = "the reference is a recording" if recorded else probed.obstacle
        if elsewhere:
            reason = "the reference runs in another Python"
        if not self.selected or reason:
            return EvaluationOnly(pair.layer, config.name, probed.what, reason)
        judged = judge_and_rerun(pair, training_runs(pair, config, task, probed, checker.reference))
        failing = any(not output.verdict.passes for output in judged.outputs)
        if failing and (other := in_another_order(pair, task, probed, reference)):
            probed = other
            judged = judge_and_rerun(
                pair, training_runs(pair, config, task, probed, checker.reference)
            )
        return replace(
            result,
            verdict=worst(output.verdict for output in judged.outputs),
            outputs=tuple(judged.outputs),
            notes=(*judged.notes, *unmapped_note(probed)),
            details=checker.details(pair, "training", judged.runs, judged.outputs),
            constants=judged.constants,
            probe=probed,
        )
