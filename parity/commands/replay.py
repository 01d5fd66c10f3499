"""`parity replay`: a case that `parity fuzz` found, run again."""

import time
from pathlib import Path
from typing import Annotated

import typer

from parity.commands.options import console


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `parity fuzz` wrote.")],
    port: Annotated[
        str | None,
        typer.Option("--port", help="Another port than the replay's own: a name or a .py file."),
    ] = None,
) -> None:
    """Run a stored case on this machine, and say whether it is still what it was.

    Exits as `parity check` does: 0 if it passes, 1 on a mismatch, 2 if it could not be compared.
    """
    from parity.checking.checker import exit_code
    from parity.declaring.inputs import InputSet
    from parity.declaring.registry import find
    from parity.fuzz import replay as stored
    from parity.fuzz.report import print_replayed
    from parity.report.terminal import CaseTable, print_summary

    kept = stored.load(file)
    named = stored.located(kept, file, port)
    found = find(named)
    pair, configuration, _ = kept.task(found)
    changes = kept.changes(found, stored.hash_of(named))
    shown = console()
    started = time.monotonic()
    outcome = kept.run(found)
    inputs = InputSet(file.name, kept.inputs)
    case = outcome.as_case(pair.layer, configuration.name, "replay", inputs.title)
    table = CaseTable(shown, [(pair, configuration, ("replay",))])
    table.header(("replay",))
    table.row({"replay": case}, ("replay",))
    print_summary(shown, [case], inputs, time.monotonic() - started)
    print_replayed(shown, kept, outcome.verdict, changes)
    raise typer.Exit(exit_code([case]))
