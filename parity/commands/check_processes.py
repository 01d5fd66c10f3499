"""Check by several processes: each makes its own checker, and takes a configuration at a time.

All layers of a configuration stay in one process, because they share the runs of the whole model.
"""

import contextlib
import io
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from parity.checking.selection import Selection
from parity.coverage.tracing import Steps
from parity.errors import ParityError

if TYPE_CHECKING:
    from parity.checking.checker import Checker
    from parity.checking.layer_cases import LayerResult

_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


@dataclass(frozen=True)
class CheckRequest:
    """Request for the same checker in another process.

    Args:
        port, selection, source, records, golden, weights: as `prepare` takes them.
        timeout: seconds that a case may take.
        onnx: sides to cross-check by ONNX, and the folder to keep the files in.
        traced: whether to record what the candidates execute.
    """

    port: str
    selection: Selection
    source: str | None
    records: int
    golden: Path | None = None
    weights: str | None = None
    timeout: float | None = None
    onnx: tuple[bool, bool, str | None] = (False, False, None)
    traced: bool = False


@dataclass(frozen=True)
class _Ready:
    versions: dict[str, str]


@dataclass(frozen=True)
class _Done:
    number: int
    result: "LayerResult"


@dataclass(frozen=True)
class _End:
    steps: Steps


class CheckProcesses:
    """Processes that check the cases of one request.

    Args:
        request: what is checked.
        planned: layer and configuration of each case, in the order of the checker's `cases`.
        count: the number of processes; no more are started than there are configurations.
    """

    def __init__(
        self, request: CheckRequest, planned: Sequence[tuple[str, str]], count: int
    ) -> None:
        self._planned = planned
        groups: dict[str, list[int]] = {}
        for number, (_, config) in enumerate(planned):
            groups.setdefault(config, []).append(number)
        # In the order of the plan, so that lines can be printed as soon as possible.
        self._groups = list(groups.values())
        self.versions: dict[str, str] = {}
        self.steps: list[Steps] = []
        context = get_context("spawn")
        self._running: dict[Connection, BaseProcess] = {}
        count = min(count, len(self._groups))
        with _threads_each(max((os.cpu_count() or 1) // count, 1)):
            for _ in range(count):
                ours, theirs = context.Pipe()
                # No daemon: what it checks may start processes of its own (a loader's workers).
                process = context.Process(target=_serve, args=(theirs, request))
                process.start()
                theirs.close()
                self._running[ours] = process

    def __enter__(self) -> "CheckProcesses":
        return self

    def __exit__(self, *exc: object) -> None:
        for connection, process in self._running.items():
            process.kill()
            process.join()
            connection.close()

    def results(self) -> Iterator[tuple[int, "LayerResult"]]:
        """Yield the number of a case in the plan and its result, as each is done.

        Raises ParityError as the checker does, and if a process ends by itself.
        """
        groups, given = iter(self._groups), dict.fromkeys(self._running, "")
        busy = set(self._running)
        while busy:
            for connection in wait(busy):
                assert isinstance(connection, Connection)
                message = _receive(connection, given[connection])
                if isinstance(message, _Done):
                    yield message.number, message.result
                    continue
                if isinstance(message, _End):
                    self.steps.append(message.steps)
                    busy.remove(connection)
                    continue
                self.versions |= message.versions
                group = next(groups, None)
                given[connection] = self._planned[group[0]][1] if group else ""
                connection.send(group)


def started(
    request: CheckRequest, checker: "Checker", count: int
) -> contextlib.AbstractContextManager[CheckProcesses | None]:
    """Start processes that check the cases of `checker`; none if `count` is 1."""
    if count == 1:
        return contextlib.nullcontext()
    planned = [(pair.layer, config.name) for pair, config, _ in checker.cases()]
    return CheckProcesses(request, planned, count)


@contextlib.contextmanager
def _threads_each(count: int) -> Iterator[None]:
    """Let processes started in the block compute with so many threads, unless the user says."""
    added = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, str(count)))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _receive(connection: Connection, config: str) -> _Ready | _Done | _End:
    try:
        message = connection.recv()
    except (EOFError, OSError) as error:
        where = f" under {config}" if config else ""
        raise ParityError(
            f"a process of the check ended by itself{where}; was there too little memory? Use "
            "--jobs 1, fewer records (--records) or a smaller configuration (--config)"
        ) from error
    if isinstance(message, BaseException):
        raise message
    assert isinstance(message, _Ready | _Done | _End)
    return message


def _serve(connection: Connection, request: CheckRequest) -> None:
    """Check the configurations that are asked for, until there is none left."""
    # Ctrl-C reaches the whole group; the first process ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _check(connection, request)
    except ParityError as error:
        connection.send(ParityError(str(error)))
    except (BrokenPipeError, EOFError):
        pass  # Nobody waits for it any more.


def _check(connection: Connection, request: CheckRequest) -> None:
    from parity.checking.layer_cases import LayerCases
    from parity.commands.preparing import cross_checked, prepare
    from parity.coverage.tracing import Tracer
    from parity.declaring.own_files import is_own
    from parity.runners.freed_memory import keep_freed_memory
    from parity.runners.side import watch_candidates

    keep_freed_memory()
    selection = request.selection
    # What the declaration prints, it has printed in the first process.
    with contextlib.redirect_stdout(io.StringIO()):
        checker = prepare(
            request.port,
            selection,
            request.source,
            request.records,
            request.golden,
            request.weights,
        )
    checker.timeout = request.timeout
    onnx_check = cross_checked(*request.onnx, selection.modes)
    versions = checker.versions()
    if onnx_check:
        versions |= onnx_check.versions(checker.port)
        checker.cross_checker = onnx_check
    cases, planned, tracer = LayerCases(checker), checker.cases(), Tracer(is_own)
    watching = watch_candidates(tracer.tracing) if request.traced else contextlib.nullcontext()
    with watching:
        while True:
            connection.send(_Ready(versions))
            group = connection.recv()
            if group is None:
                break
            for number in group:
                connection.send(_Done(number, cases.run(*planned[number])))
    connection.send(_End(tracer.steps))
