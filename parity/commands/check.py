"""`parity check`: a verdict on every case."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.options import (
    ConfigOption,
    GradOption,
    HtmlOption,
    InputsOption,
    JsonOption,
    JunitOption,
    LayerOption,
    MarkdownOption,
    ModeOption,
    PortArgument,
    PortOption,
    RecordsOption,
    SarifOption,
    SeedOption,
    choose_port,
    console,
)
from parity.commands.preparing import modes_of, prepare
from parity.errors import ParityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from parity.checking.checker import CaseResult, Checker
    from parity.checking.onnx_cross_check import Onnx
    from parity.report.checked import Checked


def check(
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    mode: ModeOption = "both",
    grad: GradOption = False,
    config: ConfigOption = None,
    inputs: InputsOption = None,
    records: RecordsOption = 10,
    seed: SeedOption = 1,
    json: JsonOption = None,
    junit: JunitOption = None,
    markdown: MarkdownOption = None,
    sarif: SarifOption = None,
    html: HtmlOption = None,
    diagnose: Annotated[
        bool, typer.Option(help="Look for the cause of a mismatch among the known bugs.")
    ] = True,
    golden: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE",
            help="Take the reference from this recording (`parity record`); "
            "its framework need not be installed.",
        ),
    ] = None,
    onnx: Annotated[
        bool,
        typer.Option(
            "--onnx", help="The ONNX cross-check: the candidate exported, in onnxruntime."
        ),
    ] = False,
    onnx_reference: Annotated[
        bool, typer.Option("--onnx-reference", help="The same of the reference; needs tf2onnx.")
    ] = False,
    keep_onnx: Annotated[
        str | None,
        typer.Option("--keep-onnx", metavar="FOLDER", help="Keep what is exported here."),
    ] = None,
    port: PortOption = None,
) -> None:
    """Run every case four times (both sides, float32 and float64) and give a verdict on each.

    Exits with 0 if all pass, 1 on a mismatch, 2 if something could not be compared.
    """
    from parity.checking.checker import exit_code
    from parity.checking.selection import Selection
    from parity.report import formats

    wanted = {"json": json, "html": html, "junit": junit, "markdown": markdown, "sarif": sarif}
    formats.refuse_unwritable(wanted)
    selection = Selection(
        tuple(layer or ()), tuple(config or ()), modes_of(mode), grad, seed, html is not None
    )
    chosen = choose_port(port_argument, port)
    checker = prepare(chosen.name, selection, inputs, records, golden)
    third = cross_checked(onnx, onnx_reference, keep_onnx, selection.modes)
    shown = console(stderr=formats.taken(wanted))
    chosen.print_reason(shown)
    checked = run(shown, checker, diagnose, third)
    formats.write_all(wanted, checked)
    raise typer.Exit(exit_code(checked.results))


def cross_checked(
    candidate: bool, reference: bool, folder: str | None, modes: "Sequence[str]"
) -> "Onnx | None":
    """Which sides are exported to ONNX; None for neither.

    Raises ParityError for a folder that cannot be had, or that nothing would be put into, and where
    no case is isolated, as only those are exported.
    """
    if not candidate and not reference:
        if folder is not None:
            raise ParityError("--keep-onnx keeps what is exported; add --onnx or --onnx-reference")
        return None
    if "isolated" not in modes:
        raise ParityError("a layer is exported by itself: --mode cascade leaves ONNX no case")
    from parity.checking.onnx_cross_check import Onnx

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
    from parity.report import recording
    from parity.report.checked import Checked
    from parity.report.diagnosis import explain
    from parity.report.onnx_cross_check import print_cross_checks
    from parity.report.terminal import print_summary

    started = time.monotonic()
    recording.print_lines(shown, checker.reference)
    results = _check_all(shown, checker, third)
    seconds = time.monotonic() - started
    print_summary(shown, results, checker.inputs, seconds)
    print_cross_checks(shown, results)
    diagnoses = explain(shown, checker, results) if diagnose else []
    return Checked(
        checker.port.name,
        {**checker.versions(), **(third.versions(checker.port) if third else {})},
        checker.inputs,
        checker.selection,
        tuple(results),
        tuple(diagnoses),
        seconds,
        checker.port.pairs,
        checker.reference.provenance,
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
