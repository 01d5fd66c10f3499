"""`gmvp annotate`: append scores to a table of protein changes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.commands.failing import fail, failing_clearly

if TYPE_CHECKING:
    from pt_gmvp.tables.annotate import Annotated as Result

_SHOWN = 20
_EMPTY, _ABSENT = "no change", "no score"
_DETAIL = "is not in the finalized table"
_SUFFIXES = (".tsv", ".csv", ".txt", ".tab")

Table = Annotated[
    Path,
    typer.Argument(
        metavar="TABLE", help="Tab-separated, with a column protein_var.", show_default=False
    ),
]
Scores = Annotated[Path, typer.Option("--scores", help="A table of gmvp finalize.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="Default: TABLE's name with .gMVP.csv.", show_default=False
    ),
]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write all rows without a score as JSON.")
]


def annotate(table: Table, scores: Scores, output: Output = None, report: Report = None) -> None:
    """Append gMVP, gMVP_normalized and gMVP_rankscore to a table, NaN where there is no score.

    Exits with 1 if a row has a change without a score.
    """
    with failing_clearly():
        from pt_gmvp.commands.installed import check_installed

        check_installed("gmvp annotate", "duckdb", extras="score")
        from converters.atomic import write_json
        from converters.destination import check_outputs
        from pt_gmvp.tables.annotate import annotate as run

        out = output or _beside(table)
        check_outputs([out, report], used=[table, scores])
        done = run(table, scores, out)
        _print(table, done, out)
        if report:
            write_json(report, _account(table, done))
        if done.absent:
            fail(f"{len(done.absent):,} of {done.rows:,} rows have no score, written as NaN", 1)


def _beside(table: Path) -> Path:
    """Return the output as the original names it, beside the table."""
    from converters.text import plain_name

    name = table.with_name(plain_name(table))
    while name.suffix.lower() in _SUFFIXES:
        name = name.with_suffix("")
    return name.with_name(f"{name.name}.gMVP.csv")


def _print(table: Path, done: "Result", out: Path) -> None:
    from converters.features.stand_ins import notes
    from converters.tables import print_rows

    counts = [("rows read", done.rows)]
    if done.empty:
        counts.append((f"left out: {_EMPTY}", len(done.empty)))
    if done.absent:
        counts.append((f"failed: {_ABSENT}", len(done.absent)))
    counts.append(("scored", done.scored))
    print_rows(("annotate", ""), [(name, f"{count:,}") for name, count in counts])
    for line, change in done.absent[:_SHOWN]:
        print(f"failed: {table}, line {line}: {change!a} {_DETAIL}", file=sys.stderr)
    if len(done.absent) > _SHOWN:
        more = len(done.absent) - _SHOWN
        print(f"... and {more:,} more; --report FILE lists all of them", file=sys.stderr)
    for note in notes(done.stand_ins):
        print(f"note: {note}", file=sys.stderr)
    print(f"{out} written", file=sys.stderr)


def _account(table: Path, done: "Result") -> dict[str, object]:
    listed = [(line, "", _EMPTY, "protein_var is empty", False) for line in done.empty]
    listed += [(line, change, _ABSENT, _DETAIL, True) for line, change in done.absent]
    names = ("line", "variant", "kind", "detail", "failed")
    return {
        "rows": done.rows,
        "scored": done.scored,
        "left_out": {_EMPTY: len(done.empty)} if done.empty else {},
        "failed": {_ABSENT: len(done.absent)} if done.absent else {},
        "stand_ins": dict(done.stand_ins),
        "listed": [
            {"table": str(table)} | dict(zip(names, one, strict=True)) for one in sorted(listed)
        ],
    }
