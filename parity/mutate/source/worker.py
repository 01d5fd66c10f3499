"""Worker of `parity mutate --source`: imports the frameworks once, then forks for each mutant.

A worker never runs anything of the candidate itself, so that no threads exist when it forks; the
fork imports the candidate with the mutant in place of the original, checks it as `parity check`
does, and ends. The reference's runs come from the process that started the worker.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.checking.training_cases import TrainingCases
from parity.coverage.tracing import Steps, Tracer
from parity.declaring.frameworks import runner
from parity.declaring.own_files import is_own
from parity.declaring.port import Configuration, Pair
from parity.declaring.registry import find
from parity.errors import ParityError, describe
from parity.judging.verdict import Verdict
from parity.mutate.source.mutants import SourceMutant
from parity.mutate.source.reference_runs import Request, SharedReference
from parity.mutate.source.replaced_code import replaced
from parity.runners.side import watch_candidates

_CLEAR = 1e-2
"""Share of an output's scale by which no rounding explains a float64 difference."""
Case = tuple[str, str]
"""Layer and configuration."""


@dataclass(frozen=True)
class Setup:
    """Means that all checks of a worker have in common.

    Args:
        port: the port's name or file.
        frameworks: the frameworks to import before the first fork.
        source, records, seed: as the options of `parity check` name them.
        folder: where the reference's runs are kept.
    """

    port: str
    frameworks: tuple[str, ...]
    source: str | None
    records: int
    seed: int
    folder: Path


@dataclass(frozen=True)
class Job:
    """Cases to check on one mutant, up to the first that refuses it; without a mutant, on none.

    With `traced`, the steps of each case are reported.
    """

    mutant: SourceMutant | None
    cases: tuple[Case, ...]
    traced: bool = False


class Started(NamedTuple):
    """A fork has begun."""

    pid: int


class Outcome(NamedTuple):
    """One case was checked."""

    case: Case
    verdict: Verdict
    reason: str
    seconds: float
    steps: Steps


class Ended(NamedTuple):
    """A fork has ended, with this status: 0 unless it crashed or was killed."""

    status: int


def serve(connection: Connection, setup: Setup) -> None:
    """Fork for each job that arrives, until there are no more."""
    os.setsid()
    for name in setup.frameworks:
        runner(name)
    while True:
        try:
            job: Job = connection.recv()
        except EOFError:
            return
        pid = os.fork()
        if pid == 0:
            # No clean-up of what the worker has opened.
            try:
                _fork(connection, setup, job)
            finally:
                os._exit(0)
        connection.send(Ended(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


def _fork(connection: Connection, setup: Setup, job: Job) -> None:
    connection.send(Started(os.getpid()))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(nowhere, output)

    def ask(request: Request) -> None:
        connection.send(request)
        connection.recv()

    for outcome in check(setup, job, SharedReference(setup.folder, ask)):
        connection.send(outcome)


def check(setup: Setup, job: Job, reference: SharedReference) -> Iterator[Outcome]:
    """Check a job's cases in their order, and yield the outcome of each.

    A port that cannot be loaded any more is an outcome of the first case.
    """
    with replaced(job.mutant) if job.mutant else contextlib.nullcontext():
        try:
            port = find(setup.port)
            inputs = port.load_inputs(setup.source, setup.seed, setup.records)
        except (Exception, SystemExit) as error:
            text = str(error) if isinstance(error, ParityError) else describe(error)
            yield Outcome(job.cases[0], Verdict.NOT_COMPARED, text, 0.0, {})
            return
        selection = Selection(modes=("isolated",), gradients=True, seed=setup.seed)
        checker = Checker(port, inputs, selection, reference)
        quick = Checker(port, inputs, selection, reference.as_recorded())
        for layer, name in job.cases:
            pair = port.pair(layer)
            config = pair.config(name)
            tracer = Tracer(is_own)
            with watch_candidates(tracer.tracing if job.traced else contextlib.nullcontext):
                result = _checked((quick, checker), pair, config)
            failing = [o for o in result.outputs if not o.verdict.passes]
            reason = f"{failing[0].name}: {failing[0].reason}" if failing else ""
            reason = reason or next(iter(result.notes), "")
            steps = tracer.steps
            yield Outcome((layer, name), result.verdict, reason, result.seconds, steps)
            if not result.verdict.passes:
                return


def _checked(checkers: Sequence[Checker], pair: Pair, config: Configuration) -> CaseResult:
    """Check a case alone and, as `parity check` does, in training mode where that differs.

    The checkers are used in turn until one passes the case, or shows clearly that it fails.
    """
    for checker in checkers:
        result = checker.run(pair, config, "isolated")
        if result.verdict.passes:
            found = TrainingCases(checker).run(pair, config)
            if isinstance(found, CaseResult):
                result = replace(found, seconds=result.seconds + found.seconds)
        if result.verdict.passes or _is_clear(result):
            break
    return result


def _is_clear(result: CaseResult) -> bool:
    """Return whether no further run of the reference could make a failing case pass.

    What its sampled errors, its constants or its masks may explain is small, or a gradient.
    """
    if not result.outputs:
        return True
    return any(
        output.verdict is Verdict.STRUCTURE
        or (
            output.verdict is Verdict.DIFFERENT
            and not output.name.startswith("grad/")
            and output.scale is not None
            and output.max_abs_err_64 is not None
            and output.max_abs_err_64 > _CLEAR * output.scale
        )
        for output in result.outputs
    )
