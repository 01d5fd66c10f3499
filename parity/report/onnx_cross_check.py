"""What ONNX says, beside the two frameworks' verdicts: its columns, its reasons, its sum."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.checking.checker import CaseResult
from parity.judging.verdict import Opinion

_OUTPUTS_SHOWN = 3


def heading(role: str, sides: tuple[str, str]) -> str:
    """The head of a column: `onnx` and what was exported to it."""
    return f"onnx ({sides[0] if role == 'reference' else sides[1]})"


def style(opinion: Opinion) -> str:
    """Never the red of a mismatch that counts."""
    if opinion.verdict is None:
        return "dim"
    return "green" if opinion.verdict.passes else "yellow"


def mark(opinion: Opinion) -> str:
    """The sign before the word of a cell."""
    if opinion.verdict is None:
        return "-"
    return "✓" if opinion.verdict.passes else "✗"


def details(case: CaseResult, sides: tuple[str, str]) -> list[Text]:
    """The lines below a case: reasons of its opinions, and what a disagreement is worth."""
    lines = []
    for opinion in case.opinions:
        head = f"    {heading(opinion.role, sides)}: "
        said = "not exported: " if opinion.verdict is None else ""
        lines += [Text(f"{head}{said}{note}", style(opinion)) for note in opinion.notes]
        failing = [output for output in opinion.outputs if not output.verdict.passes]
        for output in failing[:_OUTPUTS_SHOWN]:
            what = f"{output.name} {output.verdict}: {output.reason}"
            lines.append(Text(head).append(what, style(opinion)))
        if len(failing) > _OUTPUTS_SHOWN:
            lines.append(Text(f"{head}and {len(failing) - _OUTPUTS_SHOWN} more outputs"))
        if conclusion := _conclusion(case, opinion):
            lines.append(Text(head).append(conclusion))
    return lines


def _conclusion(case: CaseResult, opinion: Opinion) -> str:
    if opinion.verdict is None:
        return ""
    if opinion.verdict.mismatch and case.verdict.passes:
        return "does not count: the two frameworks agree, so suspect the exporter or onnxruntime"
    if opinion.verdict.passes and case.verdict.mismatch and opinion.role == "candidate":
        return "agrees with the reference where the candidate itself does not; does not count"
    return ""


def print_opinions(console: Console, results: Sequence[CaseResult]) -> None:
    """What each column comes to, and which layers are excused for what reason."""
    asked = [(case, opinion) for case in results for opinion in case.opinions]
    for role in dict.fromkeys(opinion.role for _, opinion in asked):
        own = [opinion for _, opinion in asked if opinion.role == role]
        tally = Counter(opinion.said for opinion in own)
        console.print(
            Text(
                f"onnx, from the {role}: "
                + ", ".join(f"{count} {said}" for said, count in tally.items())
                + "; it does not count",
                "dim",
            ),
            soft_wrap=True,
        )
    excused = {case.layer: opinion.excused for case, opinion in asked if opinion.excused}
    for layer, reason in excused.items():
        console.print(Text(f"no onnx of {layer}: {reason}", "dim"), soft_wrap=True)


def document(opinion: Opinion) -> dict[str, Any]:
    """An opinion for programs, without its outputs."""
    return {
        "role": opinion.role,
        "framework": opinion.framework,
        "verdict": opinion.said,
        "notes": [*opinion.notes, *([opinion.excused] if opinion.excused else [])],
    }
