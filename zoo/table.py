"""Table of all pairs, from the files that the workers wrote."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from zoo.declared import Declared

HEAD = (
    "pair",
    "weights",
    "layers",
    "map",
    "conversion",
    "drawn",
    "published",
    "gradients",
    "seconds",
    "MiB",
    "found",
)
_MARKS = {"✓": "sure", "·": "by name", "!": "warnings", "?": "unsure"}


def row(pair: Declared, folder: Path) -> tuple[str, ...]:
    """Return a pair's cells; a dash stands for what was not run."""
    result = _read(folder / "result.json")
    text = (folder / "init.txt").read_text() if (folder / "init.txt").exists() else ""
    marks = Counter(line[0] for line in text.splitlines() if line[:1] in _MARKS)
    own, whole = _read(folder / "conversion.json"), _read(folder / "check.json")
    steps = [step for step in result.values() if isinstance(step, dict)]
    cases = whole.get("cases", ())
    failing = [case for case in cases if case["verdict"] in ("different", "imprecise", "structure")]
    gradients = [
        one["name"]
        for case in failing
        for one in case["outputs"]
        if one["name"].startswith("grad/") and one["verdict"] == "different"
    ]
    forward = re.search(r"parity check my_port.py: ([^;\n]*)", text)
    published = _read(folder / "pretrained.json")
    return (
        pair.name,
        str(sum(marks.values()) or "-"),
        str(len(cases) - 1 if cases else "-"),
        ", ".join(f"{marks[mark]} {word}" for mark, word in _MARKS.items() if marks[mark])
        or "none",
        f"{own['equal']} of {own['count']} equal" if own else _published_equal(published),
        forward[1] if forward else "-",
        _counted(published.get("summary", {})),
        "-"
        if not whole
        else "differ: " + ", ".join(sorted(set(gradients)))
        if gradients
        else "agree",
        " + ".join(f"{step['seconds']:.0f}" for step in steps) or "-",
        str(max((step["mib"] for step in steps), default="-")),
        pair.found or "-",
    )


def _published_equal(report: dict[str, Any]) -> str:
    """Return how many of the candidate's published weights are the reference's, converted."""
    compared = report.get("weights", {}).get("candidate")
    if not compared:
        return "-"
    equal = compared["compared"] - len(compared["different"])
    return f"{equal} of {compared['compared']} published"


def _counted(summary: dict[str, int]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in summary.items()) or "-"


def markdown(rows: list[tuple[str, ...]]) -> str:
    """Return the table in Markdown."""
    lines = [HEAD, tuple("---" for _ in HEAD), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found
