"""The kill rate of `parity mutate`, by known mistake, and every survivor."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parity.known_bugs.titles import title
from parity.mutate.mutator import MutantResult


def by_trap(results: Sequence[MutantResult]) -> dict[int | None, list[MutantResult]]:
    """The results under the number of their mistake, those beyond the list last."""
    traps = sorted({r.mutant.mistake.trap for r in results}, key=lambda t: (t is None, t or 0))
    return {trap: [r for r in results if r.mutant.mistake.trap == trap] for trap in traps}


def counted(results: Sequence[MutantResult]) -> list[MutantResult]:
    """Those that count: not the mutants that are shown to change nothing."""
    return [result for result in results if not result.excuse]


def print_table(console: Console, results: Sequence[MutantResult], diagnosed: bool) -> None:
    """One line a known mistake."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("no.", justify="right")
    table.add_column("mistake")
    for heading in ("planted", "caught", *(("named",) if diagnosed else ()), "no change"):
        table.add_column(heading, justify="right")
    for trap, group in by_trap(results).items():
        table.add_row(str(trap or "-"), title(trap), *_figures(group, diagnosed))
    table.add_section()
    table.add_row("", "all", *_figures(results, diagnosed), style="bold")
    console.print(table)


def _figures(group: Sequence[MutantResult], diagnosed: bool) -> list[str]:
    real = counted(group)
    caught = sum(result.caught for result in real)
    named = sum(result.named == "right" for result in real)
    asked = sum(result.diagnosis is not None for result in real)
    columns = [str(len(real)), str(caught)]
    if diagnosed:
        columns.append(f"{named}/{asked}")
    return [*columns, str(len(group) - len(real) or "")]


def print_survivors(console: Console, results: Sequence[MutantResult]) -> None:
    """What no check caught, and what was named wrongly."""
    for result in results:
        if result.survived:
            console.print(
                Text(f"survived: {result.mutant.name}, {result.mutant.config}", "bold red"),
                soft_wrap=True,
            )
    for result in results:
        if result.named in ("wrong", "unsure", "among others", "none"):
            said = result.diagnosis.suspects[0].name if result.diagnosis.suspects else "nothing"  # type: ignore[union-attr]
            console.print(
                Text(f"named {result.named}: {result.mutant.name}: said {said}", "yellow"),
                soft_wrap=True,
            )


def document(port: str, results: Sequence[MutantResult]) -> dict[str, Any]:
    """The whole as one JSON document."""
    real = counted(results)
    return {
        "port": port,
        "planted": len(real),
        "caught": sum(result.caught for result in real),
        "mutants": [
            {
                "layer": result.mutant.layer,
                "config": result.mutant.config,
                "trap": result.mutant.mistake.trap,
                "mistake": result.mutant.mistake.what,
                "where": result.mutant.mistake.where,
                "verdict": str(result.verdict),
                "check": result.setting,
                "reason": result.reason,
                "no_change": result.excuse,
                "named": result.named,
                "suspects": [s.name for s in result.diagnosis.suspects] if result.diagnosis else [],
            }
            for result in results
        ],
    }
