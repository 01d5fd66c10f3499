"""`parity record`: record the reference's runs, for checks without its framework."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.interpreters import ReferencePythonOption, refuse_own_code, run_in
from parity.commands.options import (
    ConfigOption,
    GradOption,
    InputsOption,
    LayerOption,
    ModeOption,
    PortArgument,
    PortOption,
    RecordsOption,
    SeedOption,
    choose_port,
    console,
)
from parity.commands.preparing import chosen, modes_of

if TYPE_CHECKING:
    from parity.record.recording import RecordedCase


def record(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="BUNDLE", help="The folder to write.")
    ],
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    mode: ModeOption = "both",
    grad: GradOption = False,
    config: ConfigOption = None,
    inputs: InputsOption = None,
    reference_python: ReferencePythonOption = None,
    records: RecordsOption = 10,
    seed: SeedOption = 1,
    sample_rounding: Annotated[
        bool,
        typer.Option(
            "--neighbours/--no-neighbours",
            help="Also sample the reference's rounding error in sixteen more runs of each case. "
            "Without them, a check that needs this error reports `not compared`.",
        ),
    ] = True,
    port: PortOption = None,
) -> None:
    """Run the reference alone and record its runs, for `parity check --golden`.

    The recording is written whole or not at all. Exits with 2 if a case cannot be recorded.
    """
    from parity.checking.selection import Selection
    from parity.record import folder, recorder
    from parity.record.request import RecordRequest
    from parity.report.progress import waiting

    folder.refuse_unwritable(output)
    run_in(context, reference_python)
    named = choose_port(port_argument, port)
    selection = Selection(tuple(layer or ()), tuple(config or ()), modes_of(mode), grad, seed)
    shown, started = console(), time.monotonic()

    def print_case(case: "RecordedCase", seconds: float) -> None:
        show(f"recording; {case.layer} {case.config} is done")
        shown.print(
            f"{case.layer}  {case.config}  {case.bytes / 1e6:.1f} MB  ({seconds:.1f} s)",
            soft_wrap=True,
        )

    found, given = chosen(named.name, selection, inputs, records)
    refuse_own_code(found)
    named.print_reason(shown)
    with waiting(shown, "recording") as show, folder.replaced(output) as partial:
        request = RecordRequest(named.name, selection, inputs, records, sample_rounding)
        made = recorder.record(found, given, request, partial, output, print_case)
    size = sum(case.bytes for case in made.cases.values()) / 1e6
    shown.print(
        f"\n{len(made.cases)} cases recorded in {output}: {size:.1f} MB  "
        f"({time.monotonic() - started:.0f} s)",
        style="bold",
        soft_wrap=True,
    )
