"""`gmvp lookup`: look up variants in a finalized table."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from converters.commands.failing import failing_clearly

Table = Annotated[Path, typer.Argument(metavar="TABLE", help="A table of gmvp finalize.")]
Queries = Annotated[
    list[str],
    typer.Argument(
        metavar="QUERY...",
        help="'PTEN R130Q', 'PTEN 130', ENST00000371953:p.Arg130Gln, 10-89692905-G-A.",
    ),
]
Tsv = Annotated[bool, typer.Option("--tsv", help="Print the table's own lines.")]
Json = Annotated[bool, typer.Option("--json", help="Print all values as JSON.")]


def lookup(table: Table, queries: Queries, tsv: Tsv = False, json: Json = False) -> None:
    """Look up variants in a finalized table.

    Exits with 0 if all were found, 1 if not, 2 if a query or the table cannot be read.
    """
    with failing_clearly():
        from converters.errors import InputError
        from pt_gmvp.commands.installed import check_installed

        check_installed("gmvp lookup", "duckdb", "pysam", extras="score")
        if tsv and json:
            raise InputError("--tsv and --json exclude each other; give only one of them")
        from pt_gmvp.tables.lookup import answer, open_table, parse, printing

        asked = parse(queries)
        opened = open_table(table)
        answers = [answer(opened, query) for query in asked]
        for note in opened.notes:
            print(f"note: {note}", file=sys.stderr)
        if json:
            printing.print_json(answers, sys.stdout)
        elif tsv or not sys.stdout.isatty():
            printing.print_tsv(answers, sys.stdout)
        elif any(one.rows for one in answers):
            printing.print_table_of(answers, sys.stdout)
        for one in answers:
            if one.instead:
                print(f"not found: {one.query.text}: {one.instead}", file=sys.stderr)
    raise typer.Exit(0 if all(one.rows for one in answers) else 1)
