"""`parity check`: a verdict on every case."""

from typing import Annotated

import typer

from parity.commands.interpreters import (
    CandidatePythonOption,
    ReferencePythonOption,
    print_left_out,
    refuse_combined,
    refuse_own_code,
    run_in,
)
from parity.commands.options import (
    CandidateWeightsOption,
    CheckRecordsOption,
    ConfigOption,
    GoldenOption,
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
    SarifOption,
    SeedOption,
    TimeoutOption,
    TrainOption,
    WeightsOption,
    choose_port,
    console,
)
from parity.commands.preparing import (
    cross_checked,
    modes_of,
    prepare,
    refuse_candidate_weights,
)
from parity.commands.searching import (
    ApplyOption,
    DiagnoseOption,
    DiagnoseTimeOption,
    ForceOption,
    Search,
)
from parity.diagnosing.budget import CHECK_SECONDS
from parity.errors import ParityError


def check(
    context: typer.Context,
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    mode: ModeOption = "both",
    grad: GradOption = False,
    config: ConfigOption = None,
    inputs: InputsOption = None,
    weights: WeightsOption = None,
    candidate_weights: CandidateWeightsOption = None,
    reference_python: ReferencePythonOption = None,
    candidate_python: CandidatePythonOption = None,
    records: CheckRecordsOption = None,
    seed: SeedOption = 1,
    json: JsonOption = None,
    junit: JunitOption = None,
    markdown: MarkdownOption = None,
    sarif: SarifOption = None,
    html: HtmlOption = None,
    diagnose: DiagnoseOption = True,
    diagnose_time: DiagnoseTimeOption = CHECK_SECONDS,
    apply: ApplyOption = False,
    force: ForceOption = False,
    train: TrainOption = None,
    golden: GoldenOption = None,
    onnx: Annotated[
        bool,
        typer.Option(
            "--onnx", help="Also export the candidate to ONNX, run it in onnxruntime and compare."
        ),
    ] = False,
    onnx_reference: Annotated[
        bool, typer.Option("--onnx-reference", help="The same for the reference; requires tf2onnx.")
    ] = False,
    keep_onnx: Annotated[
        str | None,
        typer.Option("--keep-onnx", metavar="FOLDER", help="Folder to keep the exported files in."),
    ] = None,
    timeout: TimeoutOption = None,
    coverage: Annotated[
        float | None,
        typer.Option(
            "--coverage",
            min=0,
            max=100,
            metavar="PERCENT",
            help="Fail if the cases execute less of the candidate's own lines and branches.",
        ),
    ] = None,
    no_coverage: Annotated[
        bool,
        typer.Option(
            "--no-coverage", help="Do not record which lines of the candidate's code are executed."
        ),
    ] = False,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            min=1,
            max=64,
            help="Number of processes. All layers of a configuration are checked by one of them.",
        ),
    ] = 1,
    port: PortOption = None,
) -> None:
    """Run every case four times (both sides, float32 and float64) and give a verdict on each.

    Exits with 0 if all pass, 1 on a mismatch, 2 if something could not be compared.
    """
    from parity.checking.selection import Selection
    from parity.commands.check_processes import CheckRequest, started
    from parity.commands.checking import Watched, run
    from parity.report import formats

    wanted = {"json": json, "html": html, "junit": junit, "markdown": markdown, "sarif": sarif}
    formats.refuse_unwritable(wanted)
    if no_coverage and coverage is not None:
        raise ParityError("--coverage needs what --no-coverage leaves out; give one of them")
    refuse_candidate_weights(weights, candidate_weights)
    selection = Selection(
        tuple(layer or ()), tuple(config or ()), modes_of(mode), grad, seed, html is not None, train
    )
    refuse_combined(
        reference_python, "reference", {"--golden": golden, "--onnx-reference": onnx_reference}
    )
    for role, python in (("reference", reference_python), ("candidate", candidate_python)):
        refuse_combined(python, role, {"--jobs": jobs if jobs > 1 else None})
    needed_here = {"--onnx": onnx, "--coverage": coverage, "--train": train or None}
    refuse_combined(candidate_python, "candidate", needed_here)
    run_in(context, reference_python, candidate_python)
    chosen = choose_port(port_argument, port)
    search = Search.asked(chosen.name, diagnose, diagnose_time, apply, force)
    checker = prepare(chosen.name, selection, inputs, records, golden, weights)
    refuse_own_code(checker.port)
    checker.timeout = timeout
    onnx_check = cross_checked(onnx, onnx_reference, keep_onnx, selection.modes)
    shown = console(stderr=formats.taken(wanted))
    chosen.print_reason(shown)
    print_left_out(shown, candidate_python)
    named = "" if chosen.reason else chosen.name
    watched = None if no_coverage or candidate_python else Watched(chosen.name, coverage)
    own = candidate_weights is not None
    request = CheckRequest(
        chosen.name,
        selection,
        inputs,
        records,
        golden,
        weights,
        timeout,
        (onnx, onnx_reference, keep_onnx),
        traced=not no_coverage,
    )
    with started(request, checker, jobs) as processes:
        checked = run(shown, checker, search, named, onnx_check, watched, own, processes)
    formats.write_all(wanted, checked)
    if search is not None:
        search.apply(shown)
    raise typer.Exit(checked.exit_code)
