"""Report of `parity mutate`: the kill rate by known bug, and every survivor."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity.known_bugs.catalogue import title
from parity.mutate.mutant import MutantResult


def by_number(results: Sequence[MutantResult]) -> dict[int | None, list[MutantResult]]:
    """Return the results by the number of their known bug, those without a number last."""
    numbers = sorted({r.number for r in results}, key=lambda n: (n is None, n or 0))
    return {n: [r for r in results if r.number == n] for n in numbers}


def counted(results: Sequence[MutantResult]) -> list[MutantResult]:
    """Return the results that count, excluding mutants shown to change nothing."""
    return [result for result in results if not result.no_change]


def print_table(console: Console, results: Sequence[MutantResult], diagnosed: bool) -> None:
    """Print one line for each number of known bugs, and the totals."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("no.", justify="right")
    table.add_column("known bug")
    for heading in ("planted", "caught", *(("named",) if diagnosed else ()), "no change"):
        table.add_column(heading, justify="right")
    for number, group in by_number(results).items():
        table.add_row(str(number or "-"), title(number), *_figures(group, diagnosed))
    table.add_section()
    table.add_row("", "all", *_figures(results, diagnosed), style="bold")
    console.print(table)


def _figures(group: Sequence[MutantResult], diagnosed: bool) -> list[str]:
    real = counted(group)
    columns = [str(len(real)), str(sum(result.caught for result in real))]
    if diagnosed:
        named = [result.named for result in real if result.named]
        columns.append(f"{named.count('right')}/{len(named)}")
    return [*columns, str(len(group) - len(real) or "")]


def print_survivors(console: Console, results: Sequence[MutantResult]) -> None:
    """Print the mutants that no check caught, and those that the diagnosis did not name."""
    for result in results:
        if result.survived:
            line = f"survived: {result.name}, {result.config}"
            console.print(Text(line, "bold red"), soft_wrap=True)
    for result in results:
        if result.named not in ("", "right"):
            named = next(iter(result.root_causes), "nothing")
            line = f"{result.name}: diagnosis {result.named}, named first: {named}"
            console.print(Text(line, "yellow"), soft_wrap=True)


def document(port: str, possible: int, results: Sequence[MutantResult]) -> dict[str, Any]:
    """Return all results as one JSON document; `possible` is the number of mutants there are."""
    real = counted(results)
    return {
        "port": port,
        "possible": possible,
        "planted": len(real),
        "caught": sum(result.caught for result in real),
        "mutants": [
            {
                "layer": result.layer,
                "config": result.config,
                "number": result.number,
                "known_bug": result.what,
                "where": result.where,
                "verdict": str(result.verdict),
                "check": result.setting,
                "reason": result.reason,
                "no_change": result.no_change,
                "named": result.named,
                "root_causes": list(result.root_causes),
            }
            for result in results
        ],
    }
