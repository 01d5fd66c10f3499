"""`parity replay`: run a counterexample of `parity fuzz` again."""

import time
from pathlib import Path
from typing import Annotated

import typer

from parity.commands.options import console


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file written by `parity fuzz`.")],
    port: Annotated[
        str | None,
        typer.Option("--port", help="Run it on this port instead: a name or a .py file."),
    ] = None,
) -> None:
    """Run a stored counterexample again, and show whether its verdict has changed.

    Exits as `parity check` does: 0 if it passes, 1 on a mismatch, 2 if it could not be compared.
    """
    from parity.declaring.inputs import InputSet
    from parity.declaring.registry import find
    from parity.fuzz.outcome import run_case
    from parity.fuzz.replay import find_port, hash_of_port, load
    from parity.fuzz.report import print_replayed
    from parity.judging.verdict import exit_code
    from parity.report.terminal import CaseTable, print_summary

    stored = load(file)
    name = find_port(stored, file, port)
    found = find(name)
    pair, config, task = stored.task(found)
    changes = stored.changes(config, hash_of_port(name))
    shown = console()
    started = time.monotonic()
    outcome = run_case(pair, task)
    inputs = InputSet(file.name, stored.inputs)
    case = outcome.as_case(pair.layer, config.name, "replay", inputs.title)
    table = CaseTable(shown, [(pair, config, ("replay",))])
    table.header(("replay",))
    table.row({"replay": case}, ("replay",))
    print_summary(shown, [case], inputs, time.monotonic() - started)
    print_replayed(shown, stored, outcome.verdict, changes)
    raise typer.Exit(exit_code([case.verdict]))
