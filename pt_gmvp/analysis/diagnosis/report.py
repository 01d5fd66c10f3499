"""Output of a verdict on a terminal, as Markdown, and as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from converters.tables import print_rows
from pt_gmvp.analysis.diagnosis import balance, calibration
from pt_gmvp.analysis.diagnosis.estimates import Estimate
from pt_gmvp.analysis.diagnosis.findings import Answer
from pt_gmvp.analysis.diagnosis.finished_run import FinishedRun
from pt_gmvp.analysis.diagnosis.verdict import Verdict

_GENES = 10
_EVIDENCE = ("question", "found", "evidence")
Rows = list[tuple[str, ...]]


def print_verdict(verdict: Verdict, stream: TextIO) -> None:
    """Print the verdict, then each question with its evidence."""
    stream.write(f"{verdict.sentence}\n\n")
    print_rows(_EVIDENCE, _evidence(verdict), stream)
    for answer in verdict.answers:
        head, rows = _table(answer)
        if rows:
            stream.write("\n")
            print_rows(head, rows, stream)
    lines = _advice(verdict)
    stream.write("\n" * bool(lines) + "".join(f"{line}\n" for line in lines))


def _advice(verdict: Verdict) -> list[str]:
    follows = [
        f"{fault.value}: a consequence, since {cause.value}"
        for fault, cause in verdict.consequences.items()
    ]
    return follows + verdict.advice


def _evidence(verdict: Verdict) -> Rows:
    rows: Rows = []
    for answer in verdict.answers:
        if answer.skipped:
            rows.append((answer.question, "skipped", answer.skipped))
        for number, finding in enumerate(answer.findings):
            fault = finding.named or "-"
            rows.append((answer.question if number == 0 else "", fault, finding.text))
    return rows


def _table(answer: Answer) -> tuple[tuple[str, ...], Rows]:
    """Return the table of a question: calibration bins, or the genes with the most variants."""
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
    """Return a page with the verdict and all evidence, with the picture if it was drawn."""
    lines = [f"# {run.folder.path.name}: {verdict.sentence}", ""]
    lines += _markdown_table(_EVIDENCE, _evidence(verdict))
    if plot is not None:
        lines += [f"![Learning curves, calibration, AUROC and genes]({plot.name})", ""]
    for answer in verdict.answers:
        head, rows = _table(answer)
        if rows:
            lines += [f"## {answer.question}", "", *_markdown_table(head, rows)]
    if advice := _advice(verdict):
        lines += ["## What to do", "", *(f"- {line}" for line in advice)]
    return "\n".join(lines).rstrip() + "\n"


def _markdown_table(head: Sequence[str], rows: Rows) -> list[str]:
    def row(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    return [row(head), row(["---"] * len(head)), *map(row, rows), ""]


def as_json(run: FinishedRun, verdict: Verdict) -> str:
    """Return everything as JSON; numbers that are not finite are null."""
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
                "skipped": answer.skipped or None,
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
    """Convert a value to types that JSON has."""
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
