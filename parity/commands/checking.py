"""Run of a check: each case and its line in the table, then what is said about all of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from parity.checking.case_result import CaseResult
    from parity.checking.checker import Checker
    from parity.checking.layer_cases import LayerResult
    from parity.checking.onnx_cross_check import OnnxCrossChecker
    from parity.checking.training_runs import EvaluationOnly
    from parity.commands.check_processes import CheckProcesses
    from parity.commands.searching import Search
    from parity.coverage.measured import Coverage
    from parity.coverage.tracing import Steps
    from parity.declaring.port import Port
    from parity.report.checked import Checked
    from parity.report.terminal import CaseTable


class Watched:
    """Code that the candidates of a check execute; `name` is the port's, `least` a percentage."""

    def __init__(self, name: str, least: float | None) -> None:
        from parity.coverage.tracing import Tracer
        from parity.declaring.own_files import is_own

        self._name, self.least, self._tracer = name, least, Tracer(is_own)
        # What other processes executed.
        self.elsewhere: list[Steps] = []

    def watching(self) -> AbstractContextManager[None]:
        """Record what candidates execute in the block."""
        from parity.runners.side import watch_candidates

        return watch_candidates(self._tracer.tracing)

    def measured(self, port: "Port") -> "Coverage":
        """Return what was executed, and what was not."""
        from parity.coverage.measured import OwnCode, measure
        from parity.coverage.own_code import declaring_files

        own = OwnCode.of([self._tracer.steps, *self.elsewhere], declaring_files(port, self._name))
        return measure(own)


def run(
    shown: "Console",
    checker: "Checker",
    search: "Search | None",
    named: str,
    onnx_check: "OnnxCrossChecker | None",
    watched: "Watched | None" = None,
    own_weights: bool = False,
    processes: "CheckProcesses | None" = None,
) -> "Checked":
    """Check all cases and print them: a line for each as it runs, then the summary.

    With `own_weights`, the candidate's own weights are compared with those given. `processes` check
    the cases, if there are any; this process then only trains and diagnoses.
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
    from parity.runners.freed_memory import keep_freed_memory
    from parity.train.one_step import training_pair

    started = time.monotonic()
    keep_freed_memory()
    given = checker.weights
    own = compare_own_weights(checker.port, given) if given and own_weights else None
    recording.print_recording(shown, checker.reference)
    table = CaseTable(shown, checker.cases(), onnx_check.roles if onnx_check else ())
    with watched.watching() if watched else nullcontext():
        results, unseen, versions = _check_all(table, checker, onnx_check, processes)
    if watched and processes:
        watched.elsewhere = processes.steps
    explained = search.explain(shown, checker, results) if search else Explained()
    diagnoses = explained.documents
    seconds = time.monotonic() - started
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
    table: "CaseTable",
    checker: "Checker",
    onnx_check: "OnnxCrossChecker | None",
    processes: "CheckProcesses | None",
) -> "tuple[list[CaseResult], list[EvaluationOnly], dict[str, str]]":
    """Check all cases; return what was found, and the version of each framework."""
    from parity.checking.training_runs import EvaluationOnly
    from parity.report.progress import waiting
    from parity.train import one_step

    modes = checker.selection.modes
    results: list[CaseResult] = []
    unseen: dict[str, EvaluationOnly] = {}
    with waiting(table.console, "importing the frameworks") as show:
        found = (
            _elsewhere(processes, checker, show) if processes else _here(checker, onnx_check, show)
        )
        table.header(modes)
        for layer in found:
            table.row(dict(layer.cases), modes)
            results.extend(layer.cases.values())
            if isinstance(layer.training, EvaluationOnly):
                unseen.setdefault(layer.training.layer, layer.training)
            elif layer.training is not None:
                table.training_row(layer.training)
                results.append(layer.training)
        for training in one_step.selected(checker.port, checker.selection):
            show(f"one step of {training.name}")
            case = one_step.one_step(
                training, checker.inputs, checker.selection.seed, checker.timeout
            )
            table.training_case(case)
            results.append(case)
    versions = processes.versions if processes else _versions(checker, onnx_check)
    return results, list(unseen.values()), versions


def _versions(checker: "Checker", onnx_check: "OnnxCrossChecker | None") -> dict[str, str]:
    return {**checker.versions(), **(onnx_check.versions(checker.port) if onnx_check else {})}


def _here(
    checker: "Checker", onnx_check: "OnnxCrossChecker | None", show: Callable[[str], None]
) -> "Iterator[LayerResult]":
    """Yield the results of all cases, checked by this process."""
    from parity.checking.layer_cases import LayerCases

    checker.cross_checker = onnx_check
    cases, planned = LayerCases(checker), checker.cases()
    _versions(checker, onnx_check)
    for number, (pair, config, modes) in enumerate(planned, 1):
        show(f"{number} of {len(planned)}: {pair.layer} {config.name}")
        yield cases.run(pair, config, modes)


def _elsewhere(
    processes: "CheckProcesses", checker: "Checker", show: Callable[[str], None]
) -> "Iterator[LayerResult]":
    """Yield the results of all cases in their order, checked by other processes."""
    planned = checker.cases()
    done: dict[int, LayerResult] = {}
    following = 0
    for count, (number, result) in enumerate(processes.results(), 1):
        done[number] = result
        while following in done:
            yield done.pop(following)
            following += 1
        if following < len(planned):
            pair, config, _ = planned[following]
            show(f"{count} of {len(planned)} done; next in order: {pair.layer} {config.name}")
