"""A verdict for a terminal, as a page of Markdown, and as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from converters.tables import new_table, print_table
from pt_gmvp.analysis.diagnosis import balance, calibration
from pt_gmvp.analysis.diagnosis.findings import Answer
from pt_gmvp.analysis.diagnosis.finished import FinishedRun
from pt_gmvp.analysis.diagnosis.noise import Estimate
from pt_gmvp.analysis.diagnosis.verdict import Verdict

_GENES = 10
Rows = list[tuple[str, ...]]


def print_verdict(verdict: Verdict, stream: TextIO) -> None:
    """Print the verdict, then each question with its evidence."""
    stream.write(f"{verdict.sentence}\n\n")
    table = new_table("question", "found", "evidence")
    for row in _evidence(verdict):
        table.add_row(*row)
    print_table(table, stream)
    for answer in verdict.answers:
        head, rows = _table(answer)
        if rows:
            stream.write("\n")
            table = new_table(*head)
            for row in rows:
                table.add_row(*row)
            print_table(table, stream)
    _print_lines(verdict, stream)


def _print_lines(verdict: Verdict, stream: TextIO) -> None:
    if verdict.consequences or verdict.advice:
        stream.write("\n")
    for fault, cause in verdict.consequences.items():
        stream.write(f"{fault.value}: follows, as {cause.value}\n")
    for line in verdict.advice:
        stream.write(f"{line}\n")


def _evidence(verdict: Verdict) -> Rows:
    rows: Rows = []
    for answer in verdict.answers:
        if answer.unasked:
            rows.append((answer.question, "not asked", answer.unasked))
        for number, finding in enumerate(answer.findings):
            fault = finding.named or "-"
            rows.append((answer.question if number == 0 else "", fault, finding.text))
    return rows


def _table(answer: Answer) -> tuple[tuple[str, ...], Rows]:
    """The rows that are shown of a question: reliability, and the genes with the most variants."""
    if answer.question == calibration.QUESTION and answer.numbers:
        return ("probability", "variants", "mean", "observed"), [
            (
                f"{each['low']:.3f} to {each['high']:.3f}",
                f"{each['variants']:,}",
                f"{each['predicted']:.3f}",
                f"{each['observed']:.3f}",
            )
            for each in answer.numbers["bins"]
        ]
    if answer.question == balance.QUESTION and answer.numbers:
        genes = answer.numbers["genes"]
        rows: Rows = [
            (
                each["transcript"],
                *(
                    f"{each[f'{fold}_harmful']:,} of {each[fold]:,}"
                    for fold in ("training", "validation")
                ),
            )
            for each in genes[:_GENES]
        ]
        if len(genes) > _GENES:
            rows.append((f"and {len(genes) - _GENES:,} more", "", ""))
        return ("transcript", "harmful in training", "in validation"), rows
    return (), []


def as_markdown(run: FinishedRun, verdict: Verdict, plot: Path | None) -> str:
    """A page with the verdict and all evidence; the picture is named if it was drawn."""
    lines = [f"# {run.folder.path.name}: {verdict.sentence}", ""]
    lines += _rows_of(("question", "found", "evidence"), _evidence(verdict))
    if plot is not None:
        lines += [f"![Learning curves, calibration, AUROC and genes]({plot.name})", ""]
    for answer in verdict.answers:
        head, rows = _table(answer)
        if rows:
            lines += [f"## {answer.question}", "", *_rows_of(head, rows)]
    if verdict.consequences or verdict.advice:
        lines += ["## What to do", ""]
        lines += [
            f"- {fault.value}: follows, as {cause.value}"
            for fault, cause in verdict.consequences.items()
        ]
        lines += [f"- {line}" for line in verdict.advice]
    return "\n".join(lines).rstrip() + "\n"


def _rows_of(head: Sequence[str], rows: Rows) -> list[str]:
    def row(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    return [row(head), row(["---"] * len(head)), *map(row, rows), ""]


def as_json(run: FinishedRun, verdict: Verdict) -> str:
    """Everything, for programs; what is not finite is null."""
    document = {
        "run": str(run.folder.path),
        "epoch": run.kept,
        "verdict": verdict.sentence,
        "faults": [fault.name.lower() for fault in verdict.faults],
        "consequences": {
            fault.name.lower(): cause.name.lower() for fault, cause in verdict.consequences.items()
        },
        "suspected": [fault.name.lower() for fault in verdict.suspected],
        "answers": [
            {
                "question": answer.question,
                "unasked": answer.unasked or None,
                "findings": [
                    {
                        "text": f.text,
                        "fault": f.fault.name.lower() if f.fault else None,
                        "certain": f.certain,
                    }
                    for f in answer.findings
                ],
                "numbers": plain(answer.numbers),
            }
            for answer in verdict.answers
        ],
        "advice": verdict.advice,
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Estimate):
        return {name: plain(each) for name, each in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
