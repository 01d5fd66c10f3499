"""`parity check`: a verdict on every case."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parity.commands.explain import explain
from parity.commands.options import (
    ConfigOption,
    InputsOption,
    JsonOption,
    LayerOption,
    PortOption,
    RecordsOption,
    SeedOption,
    console,
)
from parity.commands.preparing import prepare
from parity.errors import ParityError

if TYPE_CHECKING:
    from rich.console import Console

    from parity.check import CaseResult, Checker
    from parity.opinions import Onnx
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
    diagnose: Annotated[
        bool, typer.Option(help="Look for the cause of a mismatch among the known mistakes.")
    ] = True,
    onnx: Annotated[
        bool,
        typer.Option("--onnx", help="A third opinion: the candidate exported, in onnxruntime."),
    ] = False,
    onnx_reference: Annotated[
        bool, typer.Option("--onnx-reference", help="The same of the reference, by tf2onnx.")
    ] = False,
    keep_onnx: Annotated[
        str | None,
        typer.Option("--keep-onnx", metavar="FOLDER", help="Keep what is exported here."),
    ] = None,
    port: PortOption = "gmvp",
) -> None:
    """Run every case four times (both sides, float32 and float64) and give a verdict on each.

    Exits with 0 if all pass, 1 on a mismatch, 2 if something could not be compared.
    """
    from parity.check import MODES, Selection, exit_code
    from parity.report import formats

    wanted = {"json": json}
    formats.refuse_unwritable(wanted)
    modes = MODES if mode == "both" else (mode,)
    selection = Selection(tuple(layer or ()), tuple(config or ()), modes, grad, seed)
    checker = prepare(port, selection, inputs, records)
    third = third_opinion(onnx, onnx_reference, keep_onnx)
    checked = run(console(stderr=formats.taken(wanted)), checker, diagnose, third)
    formats.write_all(wanted, checked)
    raise typer.Exit(exit_code(checked.results))


def third_opinion(candidate: bool, reference: bool, folder: str | None) -> "Onnx | None":
    """Which sides are exported to ONNX; None for neither.

    Raises ParityError for a folder that cannot be had, or that nothing would be put into.
    """
    if not candidate and not reference:
        if folder is not None:
            raise ParityError("--keep-onnx keeps what is exported; add --onnx or --onnx-reference")
        return None
    from parity.opinions import Onnx

    if folder is not None:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ParityError(f"cannot make the folder {folder}: {error.strerror}") from error
    roles = ("candidate",) * candidate + ("reference",) * reference
    return Onnx(roles, Path(folder) if folder else None)


def run(
    shown: "Console", checker: "Checker", diagnose: bool, third: "Onnx | None" = None
) -> "Checked":
    """Check all cases, printing each as it comes, then what they come to and why they fail."""
    from parity.report.checked import Checked
    from parity.report.opinions import print_opinions
    from parity.report.terminal import print_summary

    started = time.monotonic()
    results = _check_all(shown, checker, third)
    seconds = time.monotonic() - started
    print_summary(shown, results, checker.inputs, seconds)
    print_opinions(shown, results)
    diagnoses = explain(shown, checker, results) if diagnose else []
    return Checked(
        checker.port.name,
        {**checker.versions(), **(third.versions(checker.port) if third else {})},
        checker.inputs,
        checker.selection,
        tuple(results),
        tuple(diagnoses),
        seconds,
    )


def _check_all(shown: "Console", checker: "Checker", third: "Onnx | None") -> "list[CaseResult]":
    from contextlib import nullcontext

    from parity.report.terminal import CaseTable

    planned, modes = checker.cases(), checker.selection.modes
    results: list[CaseResult] = []
    waiting = shown.status("importing the frameworks") if shown.is_terminal else nullcontext()
    with waiting as status:
        checker.versions()
        if third:
            third.versions(checker.port)
            checker.ask = third.ask
        table = CaseTable(shown, planned, third.roles if third else ())
        table.header(modes)
        for pair, configuration, in_modes in planned:
            if status is not None:
                status.update(f"{pair.layer} {configuration.name}")
            cases = {m: checker.run(pair, configuration, m) for m in in_modes}
            table.row(cases, modes)
            results.extend(cases.values())
    return results
