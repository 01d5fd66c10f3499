"""`parity mutate`: plant known bugs and verify that the check catches each."""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from parity.checking.selection import Selection
    from parity.mutate.mutant import MutantResult
    from parity.mutate.mutator import Mutator


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
        int, typer.Option("--jobs", min=1, max=64, help="With --source: the number of workers.")
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
    asked = _Asked(inputs, records or 4, limit, diagnose, json)
    raise typer.Exit(_plant_all(shown, chosen.name, selection, asked))


@dataclass(frozen=True)
class _Asked:
    """Options of known bugs, as the command line names them."""

    inputs: str | None
    records: int
    limit: int | None
    diagnose: bool
    json: str | None


def _plant_all(shown: "Console", port: str, selection: "Selection", asked: _Asked) -> int:
    """Check known bugs, print and write the results; return the exit code."""
    from parity import files
    from parity.declaring.registry import find
    from parity.mutate import report
    from parity.mutate.mutator import Mutator
    from parity.report import json as json_report
    from parity.report.progress import waiting

    started = time.monotonic()
    found = find(port)
    with waiting(shown, "running the port as it is") as show:
        mutator = Mutator(found, selection, asked.inputs, asked.records)
        possible, results = _run_all(mutator, asked, selection.seed, show)
    report.print_table(shown, results, asked.diagnose)
    report.print_survivors(shown, results)
    real = report.counted(results)
    caught = sum(result.caught for result in real)
    drawn = f", {len(results)} of {possible} drawn" if len(results) < possible else ""
    shown.print(
        f"\n{caught} of {len(real)} mutants caught{drawn}  ({time.monotonic() - started:.0f} s)",
        style="bold green" if real and caught == len(real) else "bold red",
        soft_wrap=True,
    )
    if asked.json is not None:
        files.write(asked.json, json_report.text(report.document(found.name, possible, results)))
    return 0 if real and caught == len(real) else 1


def _run_all(
    mutator: "Mutator", asked: _Asked, seed: int, show: "Callable[[str], None]"
) -> "tuple[int, list[MutantResult]]":
    """Return how many mutants there are, and the results of those that were drawn."""
    results: list[MutantResult] = []
    every = mutator.mutants(lambda case: show(f"the port as it is: {case}"))
    planned = every
    if asked.limit is not None and asked.limit < len(every):
        numbers = random.Random(seed).sample(range(len(every)), asked.limit)
        planned = [every[number] for number in sorted(numbers)]
    for number, mutant in enumerate(planned, 1):
        show(f"{number} of {len(planned)}: {mutant.name}")
        results.append(mutator.run(mutant, asked.diagnose))
    return len(every), results
