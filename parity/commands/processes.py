"""Processes of a command: each is started anew, and takes one task at a time."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from parity.errors import ParityError

_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")

Request = TypeVar("Request")
Task = TypeVar("Task")
Answer = TypeVar("Answer")
Last = TypeVar("Last")

# Serves a request: takes tasks until there are no more, hands over each answer, returns the last.
Work = Callable[[Request, Iterator[Task], Callable[[Answer], None]], Last]


@dataclass(frozen=True)
class _Idle:
    """Sent by a process that waits for a task."""


@dataclass(frozen=True)
class _Answered(Generic[Answer]):
    answer: Answer


@dataclass(frozen=True)
class _Ended(Generic[Last]):
    last: Last


class Processes(Generic[Task, Answer, Last]):
    """Processes that do the same work on different tasks; use as a context manager.

    Args:
        work: what each process does: a function of a module, given the request, its tasks, and a
            function that takes an answer.
        request: the first argument of `work`; like tasks and answers, it can be pickled.
        count: the number of processes.
        named: returns where a process is while it does a task, for messages: "under add".
    """

    def __init__(
        self,
        work: Work[Request, Task, Answer, Last],
        request: Request,
        count: int,
        named: Callable[[Task], str],
    ) -> None:
        self._named = named
        self._doing: dict[Connection, str] = {}
        self._idle: list[Connection] = []
        self._running: dict[Connection, BaseProcess] = {}
        context = get_context("spawn")
        with _threads_each(max((os.cpu_count() or 1) // count, 1)):
            for _ in range(count):
                ours, theirs = context.Pipe()
                # No daemon: what it runs may start processes of its own (a loader's workers).
                process = context.Process(target=_serve, args=(theirs, work, request))
                process.start()
                theirs.close()
                self._running[ours] = process
                self._doing[ours] = ""

    def __enter__(self) -> "Processes[Task, Answer, Last]":
        return self

    def __exit__(self, *exc: object) -> None:
        for connection, process in self._running.items():
            process.kill()
            process.join()
            connection.close()

    def answers(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Give out the tasks in their order and yield each answer as it comes.

        Raises ParityError as the work does, and if a process ends by itself.
        """
        following = iter(tasks)
        for connection in list(self._idle):
            self._give(connection, following)
        while busy := set(self._running) - set(self._idle):
            ready = wait(busy)
            for connection in [each for each in self._running if each in ready]:
                message = self._receive(connection)
                if isinstance(message, _Answered):
                    yield message.answer
                else:
                    self._idle.append(connection)
                    self._give(connection, following)

    def end(self) -> list[Last]:
        """Tell idle processes that no task follows, and return what each of them returns."""
        for connection in self._idle:
            connection.send(None)
        found = [self._receive(connection) for connection in self._idle]
        return [message.last for message in found if isinstance(message, _Ended)]

    def _give(self, connection: Connection, following: Iterator[Task]) -> None:
        """Give an idle process the next task, if there is one."""
        for task in following:
            self._idle.remove(connection)
            self._doing[connection] = self._named(task)
            connection.send((task,))
            return

    def _receive(self, connection: Connection) -> _Idle | _Answered[Answer] | _Ended[Last]:
        try:
            message = connection.recv()
        except (EOFError, OSError) as error:
            where = f" {doing}" if (doing := self._doing[connection]) else ""
            raise ParityError(
                f"a process of the check ended by itself{where}; was there too little memory? Use "
                "--jobs 1, fewer records (--records) or a smaller configuration (--config)"
            ) from error
        if isinstance(message, BaseException):
            raise message
        assert isinstance(message, _Idle | _Answered | _Ended)
        return message


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


def _serve(
    connection: Connection, work: Work[Request, Task, Answer, Last], request: Request
) -> None:
    # Ctrl-C reaches the whole group; the first process ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        last = work(request, _tasks(connection), lambda answer: connection.send(_Answered(answer)))
        connection.send(_Ended(last))
    except ParityError as error:
        connection.send(ParityError(str(error)))
    except (BrokenPipeError, EOFError):
        pass  # Nobody waits for it any more.


def _tasks(connection: Connection) -> Iterator[Task]:
    while True:
        connection.send(_Idle())
        given = connection.recv()
        if given is None:
            return
        yield given[0]
