"""Patches of root causes, each confirmed: with it in place, the case that was diagnosed passes."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.declaring.frameworks import Recorded
from parity.diagnosing.budget import Budget
from parity.diagnosing.confirming import Reload, check_again, check_all_again
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.patches import Patch, combined, make_patch
from parity.diagnosing.source_rewriting import CannotWriteError
from parity.errors import ParityError
from parity.known_bugs.operations import record_calls

# Causes of one divergence that get a patch.
_PATCHED = 3
Case = tuple[str, str, str]
"""Layer, configuration and mode."""


@dataclass(frozen=True)
class Confirmed:
    """Patch with which a case passes.

    Args:
        patch: the patch.
        case: the case that passes with it.
        left_out: the layer that was diagnosed, if what is repaired is outside of it: the case is
            then the whole model's, and the layer is not to be compared any more.
        passing, cases: how many of the check's cases pass with it, and with the patches of other
            divergences; 0 of 0 if they were not run again.
        failing: those of them that do not.
        together: how many patches were made together when they ran.
    """

    patch: Patch
    case: Case
    left_out: tuple[str, ...] = ()
    passing: int = 0
    cases: int = 0
    failing: tuple[Case, ...] = ()
    together: int = 1

    @property
    def proven(self) -> bool:
        """Return whether all cases of the check pass with it."""
        return 0 < self.cases == self.passing


class Patcher:
    """Writes and confirms patches of one check.

    Args:
        checker: the checker.
        results: what it found.
        reload: finds the port anew; None to keep it.
        port_file: the file that declares the port.
    """

    def __init__(
        self,
        checker: Checker,
        results: Sequence[CaseResult],
        reload: Reload | None = None,
        port_file: Path | None = None,
    ) -> None:
        self._port_file = port_file
        self._checker, self._results, self._reload = checker, results, reload
        self._wholes: dict[str, list[Recorded]] = {}

    def confirm(
        self, diagnosis: Diagnosis, case: CaseResult, divergence: str, budget: Budget
    ) -> list[Confirmed | None]:
        """Return a patch of each root cause that can be written and is confirmed, else None."""
        found: list[Confirmed | None] = []
        for number, cause in enumerate(diagnosis.root_causes):
            wanted = number < _PATCHED and (number == 0 or not budget.over)
            found.append(self._confirmed(diagnosis, cause, case, divergence) if wanted else None)
        return found

    def _confirmed(
        self, diagnosis: Diagnosis, cause: RootCause, case: CaseResult, divergence: str
    ) -> Confirmed | None:
        whole = self._checker.port.whole
        inside = case.layer != whole and whole is not None
        others = self._calls_of_whole(case.config) if inside else []
        try:
            patch = make_patch(cause, diagnosis.calls, others, self._port_file)
        except CannotWriteError:
            return None
        own = (case.layer, case.config, case.mode)
        result = check_again(self._checker, patch.after, self._reload, own)
        if result is not None and _is_repaired(result, case, divergence):
            return Confirmed(patch, own)
        if not inside or whole is None:
            return None
        # What is repaired may be outside of the layer, which then stays as it is.
        around = (whole, case.config, "isolated")
        left_out = (case.layer,)
        result = check_again(self._checker, patch.after, self._reload, around, left_out)
        if result is not None and result.verdict.passes:
            return Confirmed(patch, around, left_out)
        return None

    def _calls_of_whole(self, name: str) -> list[Recorded]:
        if name not in self._wholes:
            self._wholes[name] = []
            pair = self._checker.port.pair(self._checker.port.whole or "")
            with suppress(ParityError):
                task = self._checker.task(pair, pair.config(name))
                self._wholes[name] = record_calls(pair, task)
        return self._wholes[name]

    def try_all(self, found: Sequence[Confirmed], seconds: float) -> list[Confirmed]:
        """Return the patches, with what all cases say if all of the patches are made.

        Nothing is tried if the cases took longer than `seconds`.
        """
        left_out = [layer for one in found for layer in one.left_out]
        modes = ("isolated", "cascade")
        cases = [r for r in self._results if r.mode in modes and r.layer not in left_out]
        if not found or sum(result.seconds for result in cases) > seconds:
            return list(found)
        try:
            texts = combined([one.patch for one in found]).after
        except CannotWriteError:
            return list(found)
        wanted = [(result.layer, result.config, result.mode) for result in cases]
        again = check_all_again(self._checker, texts, self._reload, wanted, left_out)
        if again is None:
            return list(found)
        failing = tuple(c for c, r in zip(wanted, again, strict=True) if not r.verdict.passes)
        passing = len(again) - len(failing)
        return [
            replace(one, passing=passing, cases=len(again), failing=failing, together=len(found))
            for one in found
        ]


def _is_repaired(result: CaseResult, before: CaseResult, divergence: str) -> bool:
    """Return whether a case passes, or one of its divergences is gone and no other has come."""
    if result.verdict.passes:
        return True
    fewer = set(result.independent) < set(before.independent)
    return bool(
        divergence and result.independent and fewer and divergence not in result.independent
    )
