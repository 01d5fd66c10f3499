"""`parity mutate`: plant known bugs and verify that the check catches each."""

from pathlib import Path
from typing import Annotated

import typer

from parity.commands.mutate_known_bugs import KnownBugOptions, run_known_bugs
from parity.commands.mutate_source import SourceOptions, run_source
from parity.commands.options import (
    ConfigOption,
    InputsOption,
    JsonOption,
    LayerOption,
    PortArgument,
    PortOption,
    SeedOption,
    choose_port,
    console,
)
from parity.errors import ParityError


def mutate(
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    config: ConfigOption = None,
    inputs: InputsOption = None,
    records: Annotated[
        int | None,
        typer.Option(
            "--records",
            min=2,
            max=1000,
            help="Number of records to check on.",
            show_default="4; 10 with --source",
        ),
    ] = None,
    seed: SeedOption = 1,
    diagnose: Annotated[
        bool, typer.Option("--diagnose", help="Also diagnose each mutant. Slow.")
    ] = False,
    source: Annotated[
        bool,
        typer.Option(
            "--source", help="Change the candidate's own source instead: operators, axes, terms."
        ),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Check this many mutants, drawn by --seed."),
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option(
            "--file",
            metavar="PATTERN",
            help="With --source: change only these files, wildcards allowed; may be repeated.",
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, max=64, help="Number of processes that check mutants.")
    ] = 1,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            min=1,
            metavar="SECONDS",
            help="With --source: stop a mutant that takes longer for a case, "
            "and 20 times longer than the original.",
        ),
    ] = 60,
    equivalent: Annotated[
        Path | None,
        typer.Option(
            "--equivalent",
            metavar="FILE",
            help="With --source: mutants that change nothing, with reasons. "
            "Default: equivalent_mutants.toml beside the port.",
        ),
    ] = None,
    json: JsonOption = None,
    port: PortOption = None,
) -> None:
    """Plant every known bug that the port allows, one at a time; the check must catch each.

    With --source, change the candidate's own source instead, in memory.

    Exits with 0 if all are caught, 1 if one survives, 2 if the port itself fails.
    """
    from parity import files
    from parity.checking.selection import Selection

    files.refuse_unwritable(json)
    only = {"--file": file, "--equivalent": equivalent}
    alone = next((name for name, value in only.items() if value is not None), None)
    if alone is not None and not source:
        raise ParityError(f"{alone} is an option of --source; add --source, or leave it out")
    if diagnose and source:
        raise ParityError("changes of the source are not diagnosed; leave out --diagnose")
    shown = console(stderr=json == "-")
    chosen = choose_port(port_argument, port)
    chosen.print_reason(shown)
    selection = Selection(tuple(layer or ()), tuple(config or ()), ("isolated",), True, seed)
    if source:
        options = SourceOptions(
            inputs, records or 10, limit, jobs, timeout, tuple(file or ()), equivalent, json
        )
        raise typer.Exit(run_source(shown, chosen.name, selection, options))
    known = KnownBugOptions(inputs, records or 4, limit, jobs, diagnose, json)
    raise typer.Exit(run_known_bugs(shown, chosen.name, selection, known))
