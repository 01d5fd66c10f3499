"""Report of what a check did not look at: lines and branches, weights and inputs."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.coverage.measured import FileCoverage
from parity.coverage.unused import find_unused
from parity.report.checked import Checked
from parity.report.terminal import print_indented

_SHOWN = 6


def document(checked: Checked) -> dict[str, Any] | None:
    """Return what was not looked at as a JSON value; None if it was not measured."""
    found = checked.coverage
    if found is None:
        return None
    return {
        "percent": round(found.percent, 2),
        "least": checked.least_coverage,
        "files": [
            {
                "file": file.file,
                "lines": file.lines,
                "missed": list(file.missed),
                "branches": file.branches,
                "missed_branches": [
                    {"line": line, "way": "into" if into else "past"}
                    for line, into in file.missed_branches
                ],
                "branches_not_taken": file.ways_missed,
            }
            for file in found.files
        ],
        "unused": [
            {"layer": one.layer, "kind": one.kind, "name": one.name}
            for one in find_unused(checked.results)
        ],
    }


def summary(checked: Checked, shown: int | None = _SHOWN) -> list[str]:
    """Return what was not looked at in words, a line for each file.

    More than `shown` files are only counted, unless too little was executed: then those that lack
    most are listed. Empty if it was not measured, and if the candidate has no code of its own.
    """
    found = checked.coverage
    if found is None or not found.files:
        return []
    lines = [f"executed: {found.percent:.1f} % of the candidate's lines and branches"]
    if checked.lacks_coverage:
        lines[0] += f", less than the {checked.least_coverage:g} % of --coverage"
    missing = [file for file in found.entered if file.executed < file.total]
    missing.sort(key=lambda file: file.executed - file.total)
    if shown is None or len(missing) <= shown or checked.lacks_coverage:
        lines += [f"not executed: {file.file}: {missed(file)}" for file in missing[:shown]]
    else:
        lines.append(f"{len(missing)} files have lines that no case executed (--json, --html)")
    if others := [file.file for file in found.files if not file.executed]:
        many = shown is not None and len(others) > shown
        named = f"{len(others)} files" if many else ", ".join(others)
        lines.append(f"never entered, but imported by these: {named}")
    unused = find_unused(checked.results)
    return lines + [f"no output depends on the {o.kind} {o.name} ({o.layer})" for o in unused]


def print_coverage(console: Console, checked: Checked) -> None:
    """Print what was not looked at, if it was measured."""
    first, *others = summary(checked) or [""]
    if not first:
        return
    console.print()
    print_indented(console, Text(first, "bold red" if checked.lacks_coverage else "bold"))
    for line in others:
        print_indented(console, Text(line, "dim"), indent=2)


def missed(file: FileCoverage) -> str:
    """Return the lines and branches of a file that no case executed."""
    if len(file.missed) == file.lines:
        return "all of it"
    parts = [f"lines {', '.join(ranges(file.missed))}"] if file.missed else []
    for into, words in ((True, "block never entered"), (False, "block never skipped")):
        if at := [line for line, way in file.missed_branches if way is into]:
            parts.append(f"{words} at {', '.join(map(str, at))}")
    return "; ".join(parts)


def ranges(lines: Sequence[int]) -> list[str]:
    """Return ascending lines as ranges: 3, 5-7. Statements are at most three lines apart."""
    groups: list[list[int]] = []
    for line in lines:
        if groups and line - groups[-1][-1] <= 3:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [str(g[0]) if len(g) == 1 else f"{g[0]}-{g[-1]}" for g in groups]
