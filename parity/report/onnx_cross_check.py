"""Columns and lines of the ONNX cross-check in the terminal's report."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.checking.case_result import CaseResult
from parity.judging.verdict import CrossCheck

_OUTPUTS_SHOWN = 3


def heading(role: str, sides: tuple[str, str]) -> str:
    """Return the heading of a column: `onnx` and the framework exported to it."""
    return f"onnx ({sides[0] if role == 'reference' else sides[1]})"


def style(cross_check: CrossCheck) -> str:
    """Return the style of a cell, which is never the red of a mismatch that counts."""
    if cross_check.verdict is None:
        return "dim"
    return "green" if cross_check.verdict.passes else "yellow"


def mark(cross_check: CrossCheck) -> str:
    """Return the mark before the word of a cell."""
    if cross_check.verdict is None:
        return "-"
    return "✓" if cross_check.verdict.passes else "✗"


def details(case: CaseResult, sides: tuple[str, str]) -> list[Text]:
    """Return the reasons of a case's cross-checks, and what a disagreement means."""
    lines = []
    for cross_check in case.cross_checks:
        head = f"{heading(cross_check.role, sides)}: "
        said = "not exported: " if cross_check.verdict is None else ""
        lines += [Text(f"{head}{said}{note}", style(cross_check)) for note in cross_check.notes]
        failing = [output for output in cross_check.outputs if not output.verdict.passes]
        for output in failing[:_OUTPUTS_SHOWN]:
            what = f"{output.name} {output.verdict}: {output.reason}"
            lines.append(Text(head).append(what, style(cross_check)))
        if len(failing) > _OUTPUTS_SHOWN:
            lines.append(Text(f"{head}and {len(failing) - _OUTPUTS_SHOWN} more outputs"))
        if conclusion := _conclusion(case, cross_check):
            lines.append(Text(head).append(conclusion))
    return lines


def _conclusion(case: CaseResult, cross_check: CrossCheck) -> str:
    if cross_check.verdict is None:
        return ""
    if cross_check.verdict.mismatch and case.verdict.passes:
        return (
            "does not count: the frameworks agree, so the exporter or onnxruntime is probably wrong"
        )
    if cross_check.verdict.passes and case.verdict.mismatch and cross_check.role == "candidate":
        return "agrees with the reference although the candidate itself does not; does not count"
    return ""


def print_cross_checks(console: Console, results: Sequence[CaseResult]) -> None:
    """Print the counts of each column, and the exempt layers with their reasons."""
    asked = [(case, cross_check) for case in results for cross_check in case.cross_checks]
    for role in dict.fromkeys(cross_check.role for _, cross_check in asked):
        own = [cross_check for _, cross_check in asked if cross_check.role == role]
        tally = Counter(cross_check.label for cross_check in own)
        console.print(
            Text(
                f"onnx, from the {role}: "
                + ", ".join(f"{count} {said}" for said, count in tally.items())
                + "; it does not count",
                "dim",
            ),
            soft_wrap=True,
        )
    exempt = {case.layer: cross_check.exempt for case, cross_check in asked if cross_check.exempt}
    for layer, reason in exempt.items():
        console.print(Text(f"not exported to onnx: {layer}: {reason}", "dim"), soft_wrap=True)


def document(cross_check: CrossCheck) -> dict[str, Any]:
    """Return a cross-check as a JSON document, without its outputs."""
    return {
        "role": cross_check.role,
        "framework": cross_check.framework,
        "verdict": cross_check.label,
        "notes": [*cross_check.notes, *([cross_check.exempt] if cross_check.exempt else [])],
    }
