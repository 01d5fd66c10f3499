"""`parity mutate`: plant known bugs and verify that the check catches each."""

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

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

if TYPE_CHECKING:
    from rich.status import Status

    from parity.mutate.mutator import MutantResult, Mutator


def mutate(
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    config: ConfigOption = None,
    inputs: InputsOption = None,
    records: Annotated[
        int, typer.Option("--records", min=2, max=1000, help="Number of records to check on.")
    ] = 4,
    seed: SeedOption = 1,
    diagnose: Annotated[
        bool, typer.Option("--diagnose", help="Also diagnose each mutant. Slow.")
    ] = False,
    json: JsonOption = None,
    port: PortOption = None,
) -> None:
    """Plant every known bug that the port allows, one at a time; the check must catch each.

    Exits with 0 if all are caught, 1 if one survives, 2 if the port itself fails.
    """
    from parity import files
    from parity.checking.selection import Selection
    from parity.declaring.registry import find
    from parity.mutate import report
    from parity.mutate.mutator import Mutator
    from parity.report import json as json_report

    files.refuse_unwritable(json)
    started = time.monotonic()
    shown = console(stderr=json == "-")
    chosen = choose_port(port_argument, port)
    found = find(chosen.name)
    chosen.print_reason(shown)
    selection = Selection(tuple(layer or ()), tuple(config or ()), ("isolated",), True, seed)
    with (
        shown.status("running the port as it is") if shown.is_terminal else nullcontext() as status
    ):
        results = _run_all(Mutator(found, selection, inputs, records), diagnose, status)
    report.print_table(shown, results, diagnose)
    report.print_survivors(shown, results)
    real = report.counted(results)
    caught = sum(result.caught for result in real)
    shown.print(
        f"\n{caught} of {len(real)} mutants caught  ({time.monotonic() - started:.0f} s)",
        style="bold green" if real and caught == len(real) else "bold red",
        soft_wrap=True,
    )
    if json is not None:
        files.write(json, json_report.text(report.document(found.name, results)))
    raise typer.Exit(0 if real and caught == len(real) else 1)


def _run_all(mutator: "Mutator", diagnose: bool, status: "Status | None") -> "list[MutantResult]":
    results: list[MutantResult] = []
    planned = mutator.mutants()
    for number, mutant in enumerate(planned, 1):
        if status is not None:
            status.update(f"{number} of {len(planned)}: {mutant.name}")
        results.append(mutator.run(mutant, diagnose))
    return results
