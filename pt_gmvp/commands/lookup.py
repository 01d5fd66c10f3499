"""`gmvp lookup`: look up variants in a finalized table."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.commands.failing import failing_clearly
from converters.commands.reading_tables import (
    GenesOption,
    MapOption,
    TranscriptOption,
    print_listed,
    print_notes,
    report_rows,
)
from converters.commands.unheeded import refuse

if TYPE_CHECKING:
    from pt_gmvp.tables.lookup.answer import Answer
    from pt_gmvp.tables.lookup.listed import Queries
    from pt_gmvp.tables.lookup.table import Table as Opened

Table = Annotated[Path, typer.Argument(metavar="TABLE", help="A table of gmvp finalize.")]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[QUERY...]",
        help="'PTEN R130Q', 'PTEN 130', ENST00000371953:p.Arg130Gln, 10-89692905-G-A.",
        show_default=False,
    ),
]
List = Annotated[
    str | None,
    typer.Option(
        "--list",
        metavar="FILE",
        help="Queries, one per line, or a table of variants of any known kind; - is stdin.",
    ),
]
Tsv = Annotated[bool, typer.Option("--tsv", help="Print the table's own lines.")]
Json = Annotated[bool, typer.Option("--json", help="Print all values as JSON.")]
Report = Annotated[
    Path | None,
    typer.Option("--report", help="Write what of the list was not found, and why, as JSON."),
]


def lookup(
    context: typer.Context,
    table: Table,
    queries: Words = None,
    listed: List = None,
    mapped: MapOption = None,
    genes: GenesOption = None,
    transcript: TranscriptOption = None,
    tsv: Tsv = False,
    json: Json = False,
    report: Report = None,
) -> None:
    """Look up variants in a finalized table.

    Exits with 0 if all were found, 1 if not, 2 if a query or the table cannot be read.
    """
    with failing_clearly():
        from converters.destination import check_outputs
        from converters.errors import InputError
        from pt_gmvp.commands.installed import check_installed

        check_installed("gmvp lookup", "duckdb", extras="score")
        if tsv and json:
            raise InputError("--tsv and --json exclude each other; give only one of them")
        if bool(queries) == (listed is not None):
            raise InputError("give queries, or --list FILE with one per line")
        if listed is None:
            of_list = ["mapped", "genes", "transcript", "report"]
            refuse(context, of_list, "without --list")
        from pt_gmvp.tables.lookup import answer_all, open_table, parse

        check_outputs([report], used=[table, mapped, genes, Path(listed or table)])
        form = "json" if json else "tsv" if tsv or not sys.stdout.isatty() else "table"
        opened = open_table(table)
        if listed is None:
            answers = answer_all(opened, parse(queries or []))
            _print(opened, answers, form, of_list=False)
            for one in answers:
                if one.instead:
                    print(f"not found: {one.query.text}: {one.instead}", file=sys.stderr)
            found = all(one.rows for one in answers)
        else:
            from converters.variants.reading import Options
            from pt_gmvp.tables.lookup.listed import read_queries

            options = Options(map=mapped, genes=genes, transcript=transcript)
            asked = read_queries(listed, options, opened)
            answers = answer_all(opened, asked.queries)
            _print(opened, answers, form, of_list=True)
            found = _account(asked, answers, listed, report)
    raise typer.Exit(0 if found else 1)


def _print(opened: "Opened", answers: "list[Answer]", form: str, of_list: bool) -> None:
    from converters.features.stand_ins import notes, read_stand_ins
    from pt_gmvp.tables.lookup import printing

    recorded = read_stand_ins(opened.path)
    shown = {row["transcript_id"] for one in answers for row in one.rows} if recorded else set()
    made = {name: inputs for name, inputs in recorded.items() if name in shown}
    for note in (*opened.notes, *notes(made)):
        print(f"note: {note}", file=sys.stderr)
    if form == "json":
        printing.print_json(answers, sys.stdout)
    elif form == "tsv":
        printing.print_tsv(answers, sys.stdout, of_list)
    elif any(one.rows for one in answers):
        printing.print_table_of(answers, sys.stdout, of_list)


def _account(asked: "Queries", answers: "list[Answer]", given: str, report: Path | None) -> bool:
    """Print and report what was not found; return whether everything was."""
    missing = asked.listed
    for line, one in zip(asked.lines, answers, strict=True):
        if not one.rows:
            missing.add(given, line, one.query.text, "not found", one.instead, True)
    total = len(asked.queries) + len(missing) - sum(not one.rows for one in answers)
    numbers = {
        "queries": total,
        "found": total - len(missing),
        "not found": missing.failed,
        "left out": missing.left_out,
    }
    if asked.read:
        print_notes(asked.read)
    print_listed(missing)
    print(", ".join(f"{name}: {count:,}" for name, count in numbers.items()), file=sys.stderr)
    if report:
        from converters.atomic import write_json

        write_json(report, {"list": given, **numbers, "listed": report_rows(missing)})
    return not missing.failed
