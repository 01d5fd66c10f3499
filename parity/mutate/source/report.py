"""Report of `parity mutate --source`: what was refused, and every survivor with its change."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity.mutate.source.campaign import SourceResult

SCHEMA = {"name": "parity-mutate-source", "version": 1}


def print_table(console: Console, results: Sequence[SourceResult]) -> None:
    """Print one line for each file, and the totals."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("file")
    for heading in ("mutants", "refused", "equivalent", "survived", "not executed"):
        table.add_column(heading, justify="right")
    files = sorted({result.mutant.file for result in results})
    for file in files:
        table.add_row(file, *_figures([r for r in results if r.mutant.file == file]))
    table.add_section()
    table.add_row("all", *_figures(results), style="bold")
    console.print(table)


def _figures(results: Sequence[SourceResult]) -> list[str]:
    counts = (
        len(results),
        sum(result.refused for result in results),
        sum(bool(result.declared) and not result.refused for result in results),
        sum(result.survived for result in results),
        sum(result.survived and not result.ran for result in results),
    )
    return [str(count) for count in counts]


def print_survivors(console: Console, results: Sequence[SourceResult]) -> None:
    """Print each survivor: its place, whether any case executes it, and the change."""
    for result in results:
        mutant = result.mutant
        if result.refused and result.declared:
            line = f"declared equivalent, but refused: {mutant.place} ({result.reason})"
            console.print(Text(line, "yellow"), soft_wrap=True)
        if not result.survived:
            continue
        ran = f"executed by {result.ran} case{'s' * (result.ran != 1)}"
        ran = ran if result.ran else "no case executes this line"
        title = f"survived: {mutant.place}, {mutant.function or 'on import'}: {mutant.kind}; {ran}"
        console.print(Text(title, "bold red"), soft_wrap=True)
        for sign, text, style in (("-", mutant.before, "red"), ("+", mutant.after, "green")):
            for line in text.splitlines():
                console.print(Text(f"  {sign} {line}", style), soft_wrap=True)


def document(
    port: str, seed: int, possible: int, results: Sequence[SourceResult]
) -> dict[str, Any]:
    """Return all results as one JSON document; `possible` is the number of mutants there are."""
    verdicts = Counter(str(result.verdict) for result in results if result.refused)
    return {
        "schema": SCHEMA,
        "port": port,
        "seed": seed,
        "possible": possible,
        "checked": len(results),
        "refused": sum(result.refused for result in results),
        "equivalent": sum(bool(result.declared) and not result.refused for result in results),
        "survived": sum(result.survived for result in results),
        "verdicts": dict(verdicts),
        "mutants": [_mutant(result) for result in results],
    }


def _mutant(result: SourceResult) -> dict[str, Any]:
    mutant = result.mutant
    return {
        "file": mutant.file,
        "function": mutant.function,
        "line": mutant.line,
        "kind": mutant.kind,
        "before": mutant.before,
        "after": mutant.after,
        "occurrence": mutant.occurrence,
        "executed_by": result.ran,
        "refused": result.refused,
        "verdict": str(result.verdict) if result.refused else None,
        "case": list(result.case) if result.case else None,
        "reason": result.reason,
        "declared": result.declared or None,
        "seconds": round(result.seconds, 2),
    }
