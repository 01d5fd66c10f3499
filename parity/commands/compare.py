"""`parity compare`: show the changes between two checks."""

from typing import Annotated

import typer

from parity.commands.options import JsonOption, MarkdownOption, console


def compare(
    before: Annotated[str, typer.Argument(metavar="A.json", help="The earlier check.")],
    after: Annotated[str, typer.Argument(metavar="B.json", help="The later one.")],
    json: JsonOption = None,
    markdown: MarkdownOption = None,
) -> None:
    """Compare two checks that `parity check --json` wrote: verdicts, errors, new and missing cases.

    Exits with 0 if nothing is worse, 1 if a case is worse or gone, 2 if a file is not a check.
    """
    from parity import files
    from parity.compare import report
    from parity.compare.changes import compare as changes_of
    from parity.compare.documents import read
    from parity.report import formats
    from parity.report import json as json_report

    wanted = {"json": json, "markdown": markdown}
    formats.refuse_unwritable(wanted)
    changes = changes_of(read(before), read(after))
    report.print_changes(console(stderr=formats.taken(wanted)), changes)
    if json is not None:
        files.write(json, json_report.text(report.document(changes)))
    if markdown is not None:
        files.write(markdown, report.markdown(changes))
    raise typer.Exit(changes.exit_code)
