"""`parity check`: a verdict on every case."""

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parity.commands.explain import explain
from parity.commands.options import (
    ConfigOption,
    HtmlOption,
    InputsOption,
    JsonOption,
    LayerOption,
    PortOption,
    RecordsOption,
    SeedOption,
    console,
)
from parity.commands.preparing import prepare

if TYPE_CHECKING:
    from rich.console import Console

    from parity.check import CaseResult, Checker
    from parity.report.checked import Checked


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
    json: JsonOption = None,
    html: HtmlOption = None,
    diagnose: Annotated[
        bool, typer.Option(help="Look for the cause of a mismatch among the known mistakes.")
    ] = True,
    port: PortOption = "gmvp",
) -> None:
    """Run every case four times (both sides, float32 and float64) and give a verdict on each.

    Exits with 0 if all pass, 1 on a mismatch, 2 if something could not be compared.
    """
    from parity.check import MODES, Selection, exit_code
    from parity.report import formats

    wanted = {"json": json, "html": html}
    formats.refuse_unwritable(wanted)
    modes = MODES if mode == "both" else (mode,)
    selection = Selection(
        tuple(layer or ()), tuple(config or ()), modes, grad, seed, details=html is not None
    )
    checker = prepare(port, selection, inputs, records)
    checked = run(console(stderr=formats.taken(wanted)), checker, diagnose)
    formats.write_all(wanted, checked)
    raise typer.Exit(exit_code(checked.results))


def run(shown: "Console", checker: "Checker", diagnose: bool) -> "Checked":
    """Check all cases, printing each as it comes, then what they come to and why they fail."""
    from parity.report.checked import Checked
    from parity.report.terminal import print_summary

    started = time.monotonic()
    results = _check_all(shown, checker)
    seconds = time.monotonic() - started
    print_summary(shown, results, checker.inputs, seconds)
    diagnoses = explain(shown, checker, results) if diagnose else []
    return Checked(
        checker.port.name,
        checker.versions(),
        checker.inputs,
        checker.selection,
        tuple(results),
        tuple(diagnoses),
        seconds,
    )


def _check_all(shown: "Console", checker: "Checker") -> "list[CaseResult]":
    from contextlib import nullcontext

    from parity.report.terminal import CaseTable

    planned, modes = checker.cases(), checker.selection.modes
    results: list[CaseResult] = []
    waiting = shown.status("importing the frameworks") if shown.is_terminal else nullcontext()
    with waiting as status:
        checker.versions()
        table = CaseTable(shown, planned)
        table.header(modes)
        for pair, configuration, in_modes in planned:
            if status is not None:
                status.update(f"{pair.layer} {configuration.name}")
            cases = {m: checker.run(pair, configuration, m) for m in in_modes}
            table.row(cases, modes)
            results.extend(cases.values())
    return results
