"""`parity check`: a verdict on every case."""

import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.options import (
    CandidateWeightsOption,
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

if TYPE_CHECKING:
    from rich.console import Console

    from parity.checking.case_result import CaseResult
    from parity.checking.checker import Checker
    from parity.checking.onnx_cross_check import OnnxCrossChecker
    from parity.checking.training_runs import EvaluationOnly
    from parity.coverage.measured import Coverage
    from parity.declaring.port import Port
    from parity.report.checked import Checked
    from parity.report.terminal import CaseTable


def check(
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    mode: ModeOption = "both",
    grad: GradOption = False,
    config: ConfigOption = None,
    inputs: InputsOption = None,
    weights: WeightsOption = None,
    candidate_weights: CandidateWeightsOption = None,
    records: RecordsOption = 10,
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
    train: Annotated[
        bool | None,
        typer.Option(
            "--train/--no-train",
            help="Compare layers in training mode too, where that differs: dropout with the same "
            "masks, running statistics after two steps. Default: if the port declares a training.",
        ),
    ] = None,
    golden: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE",
            help="Use this recording (`parity record`) as the reference; "
            "its framework need not be installed.",
        ),
    ] = None,
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
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            metavar="SECONDS",
            help="Stop a case after this time; it is then not compared. A single call into a "
            "framework cannot be interrupted. Default: no limit.",
        ),
    ] = None,
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
    port: PortOption = None,
) -> None:
    """Run every case four times (both sides, float32 and float64) and give a verdict on each.

    Exits with 0 if all pass, 1 on a mismatch, 2 if something could not be compared.
    """
    from parity.checking.selection import Selection
    from parity.report import formats

    wanted = {"json": json, "html": html, "junit": junit, "markdown": markdown, "sarif": sarif}
    formats.refuse_unwritable(wanted)
    if no_coverage and coverage is not None:
        raise ParityError("--coverage needs what --no-coverage leaves out; give one of them")
    refuse_candidate_weights(weights, candidate_weights)
    selection = Selection(
        tuple(layer or ()), tuple(config or ()), modes_of(mode), grad, seed, html is not None, train
    )
    chosen = choose_port(port_argument, port)
    search = Search.asked(chosen.name, diagnose, diagnose_time, apply, force)
    checker = prepare(chosen.name, selection, inputs, records, golden, weights)
    checker.timeout = timeout
    onnx_check = cross_checked(onnx, onnx_reference, keep_onnx, selection.modes)
    shown = console(stderr=formats.taken(wanted))
    chosen.print_reason(shown)
    named = "" if chosen.reason else chosen.name
    watched = None if no_coverage else Watched(chosen.name, coverage)
    own = candidate_weights is not None
    checked = run(shown, checker, search, named, onnx_check, watched, own)
    formats.write_all(wanted, checked)
    if search is not None:
        search.apply(shown)
    raise typer.Exit(checked.exit_code)


class Watched:
    """Code that the candidates of a check execute; `name` is the port's, `least` a percentage."""

    def __init__(self, name: str, least: float | None) -> None:
        from parity.coverage.tracing import Tracer
        from parity.declaring.own_files import is_own

        self._name, self.least, self._tracer = name, least, Tracer(is_own)

    def watching(self) -> AbstractContextManager[None]:
        """Record what candidates execute in the block."""
        from parity.runners.side import watch_candidates

        return watch_candidates(self._tracer.tracing)

    def measured(self, port: "Port") -> "Coverage":
        """Return what was executed, and what was not."""
        from parity.coverage.measured import OwnCode, measure
        from parity.coverage.own_code import declaring_files

        own = OwnCode.of([self._tracer.steps], declaring_files(port, self._name))
        return measure(own)


def run(
    shown: "Console",
    checker: "Checker",
    search: "Search | None",
    named: str,
    onnx_check: "OnnxCrossChecker | None",
    watched: "Watched | None" = None,
    own_weights: bool = False,
) -> "Checked":
    """Check all cases and print them: a line for each as it runs, then the summary.

    With `own_weights`, the candidate's own weights are compared with those given.
    """
    from parity.checking.own_weights import compare_own_weights
    from parity.report import recording
    from parity.report.checked import Checked
    from parity.report.coverage import print_coverage
    from parity.report.explain import Explained
    from parity.report.onnx_cross_check import print_cross_checks
    from parity.report.summary import headline
    from parity.report.terminal import (
        CaseTable,
        print_diagnoses,
        print_evaluation_only,
        print_patches,
        print_summary,
    )
    from parity.report.weights import print_weights
    from parity.train.one_step import training_pair

    started = time.monotonic()
    given = checker.weights
    own = compare_own_weights(checker.port, given) if given and own_weights else None
    recording.print_recording(shown, checker.reference)
    table = CaseTable(shown, checker.cases(), onnx_check.roles if onnx_check else ())
    with watched.watching() if watched else nullcontext():
        results, unseen = _check_all(table, checker, onnx_check)
    explained = search.explain(shown, checker, results) if search else Explained()
    diagnoses = explained.documents
    seconds = time.monotonic() - started
    versions = {**checker.versions(), **(onnx_check.versions(checker.port) if onnx_check else {})}
    checked = Checked(
        checker.port.name,
        versions,
        checker.inputs,
        checker.selection,
        tuple(results),
        diagnoses,
        seconds,
        (*checker.port.pairs, *map(training_pair, checker.port.trainings)),
        checker.reference.provenance,
        named,
        coverage=watched.measured(checker.port) if watched else None,
        least_coverage=watched.least if watched else None,
        evaluation_only=tuple(unseen),
        weights=given,
        own_weights=own,
    )
    lines = headline(checked)
    print_summary(shown, results, checker.inputs, seconds, headline=lines, sides=table.sides)
    print_weights(shown, checked)
    print_diagnoses(shown, diagnoses[1:])
    print_patches(shown, diagnoses)
    print_evaluation_only(shown, unseen)
    print_cross_checks(shown, results)
    print_coverage(shown, checked)
    return checked


def _check_all(
    table: "CaseTable", checker: "Checker", onnx_check: "OnnxCrossChecker | None"
) -> "tuple[list[CaseResult], list[EvaluationOnly]]":
    from parity.checking.training_cases import TrainingCases
    from parity.checking.training_runs import EvaluationOnly
    from parity.judging.verdict import Verdict
    from parity.report.progress import waiting
    from parity.train import one_step

    in_training = TrainingCases(checker)
    shown, modes = table.console, checker.selection.modes
    results: list[CaseResult] = []
    unseen: list[EvaluationOnly] = []
    planned = checker.cases()
    with waiting(shown, "importing the frameworks") as show:
        checker.versions()
        if onnx_check:
            onnx_check.versions(checker.port)
            checker.cross_checker = onnx_check
        table.header(modes)
        for number, (pair, configuration, in_modes) in enumerate(planned, 1):
            show(f"{number} of {len(planned)}: {pair.layer} {configuration.name}")
            cases = {m: checker.run(pair, configuration, m) for m in in_modes}
            table.row(cases, modes)
            results.extend(cases.values())
            if "isolated" not in cases or cases["isolated"].verdict is Verdict.NOT_COMPARED:
                continue
            found = in_training.run(pair, configuration)
            if isinstance(found, EvaluationOnly):
                unseen.append(found)
            elif found is not None:
                table.training_row(found)
                results.append(found)
        for training in one_step.selected(checker.port, checker.selection):
            show(f"one step of {training.name}")
            case = one_step.one_step(
                training, checker.inputs, checker.selection.seed, checker.timeout
            )
            table.training_case(case)
            results.append(case)
    return results, unseen
