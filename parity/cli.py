"""The `parity` command. Heavy imports happen inside the commands, so that help is instant."""

import io
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parity.commands.explain import explain
from parity.commands.mutate import mutate
from parity.commands.options import (
    ConfigOption,
    InputsOption,
    LayerOption,
    PortOption,
    RecordsOption,
    SeedOption,
)
from parity.commands.options import (
    console as new_console,
)
from parity.errors import ParityError, describe

if TYPE_CHECKING:
    from rich.console import Console

    from parity.check import CaseResult, Checker, Selection
    from parity.port import InputSet, Port

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Check, layer by layer, that a port computes what its reference computes.",
)

app.command()(mutate)


@app.command("list")
def list_layers(port: PortOption = "gmvp") -> None:
    """Show the port's layers and their configurations."""
    from parity.registry import find

    found = find(port)
    console = new_console()
    indent = 2 + max(len(pair.layer) for pair in found.pairs)
    for pair in found.pairs:
        about = f"{pair.about} ({pair.reference.framework}, {pair.candidate.framework})"
        _print_indented(console, pair.layer.ljust(indent) + about, indent)
        names = " ".join(config.name for config in pair.configs)
        _print_indented(console, " " * indent + names, indent, style="dim")
    for layer, reason in found.excused.items():
        console.print(f"not checked: {layer}: {reason}", soft_wrap=True)


def _print_indented(console: "Console", line: str, indent: int, style: str = "") -> None:
    """Wrapped to the width of a terminal, one line in a pipe."""
    import textwrap

    width = console.width if console.is_terminal else sys.maxsize
    wrapped = textwrap.wrap(
        line, width, subsequent_indent=" " * indent, drop_whitespace=True, break_on_hyphens=False
    )
    console.print("\n".join(wrapped), style=style, soft_wrap=True)


@app.command()
def shapes(
    layer: LayerOption = None,
    config: ConfigOption = None,
    port: PortOption = "gmvp",
    inputs: InputsOption = None,
    records: RecordsOption = 10,
    seed: SeedOption = 1,
) -> None:
    """Show both sides' dimensions side by side, stage by stage and weight by weight."""
    from parity.check import Selection
    from parity.report.shapes import print_shapes

    selection = Selection(tuple(layer or ()), tuple(config or ()), ("isolated",), False, seed)
    checker, _, _ = _prepare(port, selection, inputs, records)
    raise typer.Exit(print_shapes(new_console(), checker))


@app.command()
def check(
    layer: LayerOption = None,
    mode: Annotated[
        Literal["isolated", "cascade", "both"],
        typer.Option(
            help="Feed each layer the reference's inputs, or run the whole model, or both."
        ),
    ] = "both",
    grad: Annotated[
        bool, typer.Option("--grad", help="Gradients too, by inputs and by every weight.")
    ] = False,
    config: ConfigOption = None,
    inputs: InputsOption = None,
    records: RecordsOption = 10,
    seed: SeedOption = 1,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write the results here; - is stdout."),
    ] = None,
    diagnose: Annotated[
        bool, typer.Option(help="Look for the cause of a mismatch among the known mistakes.")
    ] = True,
    port: PortOption = "gmvp",
) -> None:
    """Run every case four times (both sides, float32 and float64) and give a verdict on each.

    Exits with 0 if all pass, 1 on a mismatch, 2 if something could not be compared.
    """
    from parity.check import MODES, Selection, exit_code
    from parity.report import json as json_report
    from parity.report.terminal import print_summary

    if json not in (None, "-"):
        json_report.refuse_unwritable(Path(json))
    started = time.monotonic()
    modes = MODES if mode == "both" else (mode,)
    selection = Selection(tuple(layer or ()), tuple(config or ()), modes, grad, seed)
    checker, found, given = _prepare(port, selection, inputs, records)
    console = new_console(stderr=json == "-")
    results = _check_all(console, checker, modes)
    print_summary(console, results, given, time.monotonic() - started)
    diagnoses = explain(console, checker, results) if diagnose else []
    if json is not None:
        document = json_report.document(found.name, checker.versions(), results)
        json_report.write(json, {**document, "diagnoses": diagnoses})
    raise typer.Exit(exit_code(results))


def _check_all(
    console: "Console", checker: "Checker", modes: tuple[str, ...]
) -> "list[CaseResult]":
    from contextlib import nullcontext

    from parity.report.terminal import CaseTable

    planned = checker.cases()
    results: list[CaseResult] = []
    waiting = console.status("importing the frameworks") if console.is_terminal else nullcontext()
    with waiting as status:
        checker.versions()
        table = CaseTable(console, planned)
        table.header(modes)
        for pair, configuration, in_modes in planned:
            if status is not None:
                status.update(f"{pair.layer} {configuration.name}")
            cases = {m: checker.run(pair, configuration, m) for m in in_modes}
            table.row(cases, modes)
            results.extend(cases.values())
    return results


def _prepare(
    port: str, selection: "Selection", source: str | None, records: int
) -> "tuple[Checker, Port, InputSet]":
    """Find the port, make sure of the names asked for, and read the inputs, in that order."""
    from parity.check import Checker, select
    from parity.registry import find

    found = find(port)
    select(found, selection)
    try:
        given = found.load_inputs(source, selection.seed, records)
    except ParityError:
        raise
    except Exception as error:
        # In a port of the user's this is the user's code.
        raise ParityError(f"inputs cannot be loaded: {describe(error)}") from error
    return Checker(found, given, selection), found, given


def main() -> None:
    """Entry point: a user's mistake is one line and exit code 2, Ctrl-C is 130; no traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that has no ✓ gets a question mark, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except ParityError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader has gone (for instance `parity list | head -1`); nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        # A full disk, a folder that may not be written to: the system's own words say it.
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
