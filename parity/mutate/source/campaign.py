"""Campaign of `parity mutate --source`: which cases see a mutant, and what they say of it."""

import contextlib
import os
import pickle
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from parity.coverage.tracing import Steps
from parity.declaring.port import Port
from parity.errors import ParityError
from parity.judging.verdict import Verdict
from parity.mutate.source.mutants import SourceMutant
from parity.mutate.source.reference_runs import Request, answer
from parity.mutate.source.worker import Case, Ended, Job, Outcome, Setup, Started, serve

_SLOWER = 20
"""Factor of the original's time after which a mutant is stopped in a case."""


@dataclass(frozen=True)
class Control:
    """A case of the port as it is: its time, and what it executed of the candidate's code."""

    case: Case
    seconds: float
    steps: Steps


@dataclass(frozen=True)
class SourceResult:
    """Verdict of the checks on one mutant.

    Args:
        mutant: the mutant.
        ran: how many cases execute its statement in the original.
        case: the case that refused it; None if none did.
        verdict: that case's verdict; `not compared` also for one that was stopped or crashed.
        reason: that verdict's reason.
        seconds: how long it took.
        declared: the declared reason why it changes nothing.
    """

    mutant: SourceMutant
    ran: int
    case: Case | None = None
    verdict: Verdict = Verdict.EQUIVALENT
    reason: str = ""
    seconds: float = 0.0
    declared: str = ""

    @property
    def refused(self) -> bool:
        """Return whether a case refused it."""
        return self.case is not None

    @property
    def survived(self) -> bool:
        """Return whether it passed every case and is not declared to change nothing."""
        return not self.refused and not self.declared


@dataclass
class _Running:
    """A worker, and the job that it has."""

    process: BaseProcess
    connection: Connection
    job: Job | None = None
    limits: Sequence[float] = ()
    pid: int | None = None
    outcomes: list[Outcome] | None = None
    since: float = 0.0
    started: float = 0.0
    stopped: bool = False

    def limit(self) -> float:
        """Return the time limit of the case that runs now."""
        done = len(self.outcomes or ())
        return self.limits[min(done, len(self.limits) - 1)]


class Workers:
    """Workers of one port; jobs in, outcomes out. This process makes the reference's runs.

    Args:
        port: the port.
        setup: what the workers need.
        count: how many there are.
    """

    def __init__(self, port: Port, setup: Setup, count: int) -> None:
        self._port, self._setup = port, setup
        self._context = get_context("spawn")
        self._workers = [self._start() for _ in range(count)]

    def _start(self) -> _Running:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._setup))
        process.start()
        theirs.close()
        return _Running(process, ours)

    def run(
        self, jobs: Iterator[tuple[Job, Sequence[float]]]
    ) -> Iterator[tuple[Job, list[Outcome], str, float]]:
        """Yield each job, when it is done, with its outcomes, what went wrong, and the seconds."""
        waiting = [worker for worker in self._workers if not self._give(worker, jobs)]
        busy = [worker for worker in self._workers if worker not in waiting]
        while busy:
            ready = wait([worker.connection for worker in busy], timeout=0.5)
            for worker in list(busy):
                if worker.connection in ready:
                    ended = self._receive(worker)
                    if ended is not None:
                        assert worker.job is not None
                        seconds = time.monotonic() - worker.started
                        yield worker.job, worker.outcomes or [], ended, seconds
                        if not self._give(worker, jobs):
                            busy.remove(worker)
                elif time.monotonic() - worker.since > worker.limit() and worker.pid:
                    worker.stopped = True
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker.pid, signal.SIGKILL)

    def _give(self, worker: _Running, jobs: Iterator[tuple[Job, Sequence[float]]]) -> bool:
        given = next(jobs, None)
        if given is None:
            return False
        worker.job, worker.limits = given
        worker.pid, worker.outcomes, worker.stopped = None, [], False
        worker.since = worker.started = time.monotonic()
        worker.connection.send(worker.job)
        return True

    def _receive(self, worker: _Running) -> str | None:
        """Handle one message; return what went wrong when the fork has ended, "" for nothing."""
        try:
            message = worker.connection.recv()
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise ParityError(
                f"a worker ended by itself ({type(error).__name__}); run it again with --jobs 1"
            ) from error
        if isinstance(message, Started):
            worker.pid = message.pid
        elif isinstance(message, Request):
            answer(self._port, self._setup.folder, message)
            worker.connection.send(None)
        elif isinstance(message, Outcome):
            assert worker.outcomes is not None
            worker.outcomes.append(message)
        elif isinstance(message, Ended):
            if worker.stopped:
                return f"stopped after {worker.limit():.0f} s"
            return f"crashed with status {message.status}" if message.status else ""
        # What this process does for a worker is not the worker's time.
        for other in self._workers:
            other.since = time.monotonic()
        return None

    def close(self) -> None:
        """End all workers and whatever they have started."""
        for worker in self._workers:
            worker.connection.close()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                assert worker.process.pid is not None
                os.killpg(worker.process.pid, signal.SIGKILL)
            worker.process.kill()
            worker.process.join()


class Campaign:
    """Mutants of a port's candidate, each checked on the cases that execute it.

    Args:
        port: the port.
        name: its name or file, by which the workers find it.
        cases: the cases to check on.
        source, records, seed: as in `parity check`.
        jobs: the number of workers.
        limit: the least time limit of a case, in seconds.
    """

    def __init__(
        self,
        port: Port,
        name: str,
        cases: Sequence[Case],
        *,
        source: str | None = None,
        records: int = 10,
        seed: int = 1,
        jobs: int = 1,
        limit: float = 60,
    ) -> None:
        self._cases, self._limit = tuple(cases), limit
        self._folder = tempfile.TemporaryDirectory(prefix="parity-mutate-")
        frameworks = tuple(sorted({pair.candidate.framework for pair in port.pairs}))
        setup = Setup(name, frameworks, source, records, seed, Path(self._folder.name))
        self._workers = Workers(port, setup, jobs)

    def __enter__(self) -> "Campaign":
        """Return the campaign, whose workers end with the block."""
        return self

    def __exit__(self, *error: object) -> None:
        """End all workers, and remove the reference's runs."""
        self._workers.close()
        self._folder.cleanup()

    def control(self, progress: Callable[[Case], None] = lambda case: None) -> list[Control]:
        """Check every case of the port as it is, and return what each executed.

        Raises ParityError if one does not pass.
        """
        found = []
        jobs = ((Job(None, (case,), traced=True), [float("inf")]) for case in self._cases)
        for job, outcomes, wrong, _ in self._workers.run(jobs):
            (case,) = job.cases
            progress(case)
            failing = [outcome for outcome in outcomes if not outcome.verdict.passes]
            if wrong or failing:
                why = f"{failing[0].verdict}: {failing[0].reason}" if failing else wrong
                raise ParityError(
                    f"{', '.join(case)} fails before any mutant is made: {why}; fix the port first"
                )
            found.append(Control(case, outcomes[0].seconds, outcomes[0].steps))
        return sorted(found, key=lambda control: self._cases.index(control.case))

    def run(
        self, mutants: Sequence[tuple[SourceMutant, Sequence[Control]]]
    ) -> Iterator[SourceResult]:
        """Check each mutant on the cases that are given with it, and yield its result.

        A mutant that no case executes has passed.
        """
        counts = {mutant.identity: len(controls) for mutant, controls in mutants}
        jobs = []
        for mutant, controls in mutants:
            if not controls:
                yield SourceResult(mutant, 0)
                continue
            limits = [max(self._limit, _SLOWER * control.seconds) for control in controls]
            jobs.append((Job(mutant, tuple(control.case for control in controls)), limits))
        for job, outcomes, wrong, seconds in self._workers.run(iter(jobs)):
            assert job.mutant is not None
            result = SourceResult(job.mutant, counts[job.mutant.identity], seconds=seconds)
            failing = next((o for o in outcomes if not o.verdict.passes), None)
            if failing is not None:
                result = replace(
                    result, case=failing.case, verdict=failing.verdict, reason=failing.reason
                )
            elif wrong:
                case = job.cases[min(len(outcomes), len(job.cases) - 1)]
                result = replace(result, case=case, verdict=Verdict.NOT_COMPARED, reason=wrong)
            yield result
