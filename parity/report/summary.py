"""Counts and headline of a whole check, the same in every report format."""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from parity.checking.case_result import CaseResult
from parity.declaring.interpreters import options
from parity.judging.verdict import CrossCheck, Verdict
from parity.report.checked import Checked


def counts(results: Sequence[CaseResult]) -> dict[str, int]:
    """Return the number of cases by verdict, in the order of Verdict, without zeros."""
    found = Counter(result.verdict for result in results)
    return {str(verdict): found[verdict] for verdict in Verdict if found[verdict]}


def origin(results: Sequence[CaseResult]) -> CaseResult | None:
    """Return the case to begin with: the first mismatch of a layer with correct inputs.

    In a cascade an error shows in every later layer too; an isolated pair that fails is at fault.
    """
    failing = [result for result in results if result.verdict.mismatch]
    isolated = [result for result in failing if result.mode == "isolated"]
    return next(iter(isolated or failing), None)


def relative_error(result: CaseResult | CrossCheck) -> float | None:
    """Return the largest float64 difference relative to its output's scale; None without one.

    Identical float32 outputs have none: their float64 runs may differ by rounding, which would
    read as a contradiction beside the verdict.
    """
    if result.verdict is Verdict.IDENTICAL:
        return None
    errors = [
        output.max_abs_err_64 / output.scale
        for output in result.outputs
        if output.max_abs_err_64 is not None and output.scale
    ]
    return max(errors, default=None)


def headline(checked: Checked) -> list[str]:
    """Return the headline of a failing check: where it first fails, why, and what to do next.

    The second may be several, if several known bugs explain the mismatch. Empty if all cases pass.
    """
    failing = [result for result in checked.results if not result.verdict.passes]
    diagnosis = next(iter(checked.diagnoses), None)
    case = origin(failing) or next(iter(failing), None)
    if diagnosis is not None:
        case = next((r for r in failing if _is_of(r, diagnosis)), case)
    if case is None:
        return []
    place = f"{case.layer}, {case.config}, {case.mode}"
    if diagnosis is not None and _is_of(case, diagnosis):
        where, *why = diagnosis["explanation"]
        others = [d.get("intermediate") for d in checked.diagnoses[1:] if _is_of(case, d)]
        if others := [name for name in case.independent if name in others]:
            why.append(f"also: wrong by themselves, and explained below: {', '.join(others)}")
        first = f"where: {place}: {where.removeprefix('where: ')}"
        return [
            first,
            *why,
            _next_step(checked, case, bool(diagnosis["root_causes"]) or not case.outputs),
        ]
    output = next((output for output in case.outputs if not output.verdict.passes), None)
    first = f"where: {place}" + (f": first difference in {output.name}" if output else "")
    reason = output.reason if output else next(iter(case.notes), "no output was compared")
    return [first, f"why: {reason}", _next_step(checked, case, bool(case.notes))]


def _is_of(result: CaseResult, diagnosis: Mapping[str, Any]) -> bool:
    in_training = diagnosis.get("mode") == "training"
    here = (diagnosis["layer"], diagnosis["config"], in_training)
    return (result.layer, result.config, result.mode == "training") == here


def _next_step(checked: Checked, case: CaseResult, known: bool) -> str:
    if case.layer.startswith("training ") and case.mode == "training":
        name = case.layer.removeprefix("training ")
        train = ["parity", "train", *filter(None, [checked.named]), "--config", name]
        return f"next: more than one step: {shlex.join(train)}"
    words = ["parity", "check", *filter(None, [checked.named])]
    words += ["--layer", case.layer, "--config", case.config]
    words += ["--grad"] * checked.selection.gradients
    words += options()
    words += ["--train"] * (case.mode == "training")
    if known:
        return f"next: fix this first, then run: {shlex.join(words)}"
    words += ["--html", "page.html"]
    return f"next: locate the errors within the output: {shlex.join(words)}"
