"""Process of a worker: started on first use, asked one thing at a time, and always ended."""

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from parity import errors
from parity.declaring.interpreters import interpreter_of, sides_in
from parity.errors import ParityError, UnavailableError, describe
from parity.runners.remote.archive import archive_of
from parity.runners.remote.messages import Message, receive, send

_WORKER = "parity.runners.remote.worker"
_SIDES = {role: f"parity.runners.remote.{role}_side" for role in ("reference", "candidate")}
# An interpreter that says nothing for so long is none; importing numpy may take seconds.
_START_SECONDS = 60
_LONGEST_GREETING = 4096
# What does not concern another interpreter.
_OWN_VARIABLES = ("PYTHONHOME", "__PYVENV_LAUNCHER__")


class WorkerProcess:
    """Interpreter that runs one side; `path` is as the user names it.

    `started` holds its versions of Python and numpy. Raises UnavailableError, in one line, if it
    cannot be started or is too old, and from then on if it has died.
    """

    def __init__(self, role: str, path: str) -> None:
        self.role, self.path = role, path
        self._died = ""
        self._folder = tempfile.TemporaryDirectory(prefix="parity-")
        archive = Path(self._folder.name) / "worker.pyz"
        archive.write_bytes(archive_of(_WORKER, _SIDES[role]))
        # In a session of its own: a Ctrl-C is for this process alone, which then ends the other.
        own = {name: value for name, value in os.environ.items() if name not in _OWN_VARIABLES}
        own.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            self._process = subprocess.Popen(
                [path, str(archive), _SIDES[role], path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=_standard_error(),
                start_new_session=True,
                env=own,
            )
        except (OSError, ValueError) as error:
            self._folder.cleanup()
            reason = getattr(error, "strerror", None) or str(error)
            raise UnavailableError(
                f"{self.option} {path} cannot be started: {reason}; name a Python interpreter, "
                "for instance ../old/bin/python"
            ) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._output: BinaryIO = self._process.stdout  # type: ignore[assignment]
        try:
            self.started = self._greeting()
        except BaseException:
            self.end()
            raise

    @property
    def option(self) -> str:
        """Return the option that names the interpreter."""
        return f"--{self.role}-python"

    def _greeting(self) -> dict[str, str]:
        """Return what the interpreter says of itself before anything else."""
        line, until = b"", time.monotonic() + _START_SECONDS
        descriptor = self._output.fileno()
        while not line.endswith(b"\n") and len(line) < _LONGEST_GREETING:
            left = until - time.monotonic()
            readable = select.select([descriptor], [], [], max(left, 0))[0]
            more = os.read(descriptor, 1) if readable else b""
            if not more:
                break
            line += more
        word, _, rest = line.decode(errors="replace").partition(" ")
        try:
            started: dict[str, str] = json.loads(rest) if word == "parity-worker" else {}
        except ValueError:
            started = {}
        if "python" not in started:
            raise UnavailableError(
                f"{self.option} {self.path} is not a Python interpreter: it did not run the worker"
            )
        if "error" in started:
            raise UnavailableError(f"{self.option} {self.path} {started['error']}")
        return started

    def request(self, message: Message, answer: Callable[[Any], Any] | None = None) -> Any:
        """Return the worker's answer; `answer` answers what it asks meanwhile.

        Raises the worker's own ParityErrors again, and UnavailableError if it dies. An exception of
        a side that runs is raised by its own name, any other as a ParityError. If this process is
        interrupted, the worker is ended.
        """
        if self._died:
            raise UnavailableError(self._died)
        try:
            return self._exchange(message, answer)
        except (OSError, EOFError) as error:
            self._raise_dead(error)
        except ParityError:
            raise
        except (_WorkerError, MemoryError) as error:
            if message["op"] == "run":
                raise
            raise ParityError(f"the {self.role} failed in {self.path}: {describe(error)}") from None
        except BaseException:
            # In the middle of an answer, which nobody will read.
            self.end()
            raise

    def _exchange(self, message: Message, answer: Callable[[Any], Any] | None) -> Any:
        send(self._input, message)
        while True:
            reply = receive(self._output)
            if reply is None:
                raise EOFError
            if "answer" in reply:
                return reply["answer"]
            if "error" in reply:
                _raise_again(reply["error"])
            assert answer is not None
            try:
                given: Message = {"answer": answer(reply["question"])}
            except ParityError as error:
                given = {"error": str(error)}
            send(self._input, given)

    def _raise_dead(self, error: BaseException) -> NoReturn:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        code = self._process.returncode
        self.end()
        if code is None:
            how = "answered nothing that can be read"
        elif code < 0:
            how = f"was killed by signal {-code} ({_signal_name(-code)})"
        else:
            how = f"ended with exit code {code}"
        self._died = (
            f"the {self.role}'s Python {self.path} {how} while it ran the {self.role}; nothing was "
            "concluded"
        )
        raise UnavailableError(self._died) from error

    @property
    def ended(self) -> bool:
        """Return whether it was ended from here, so that another may take its place."""
        return self._input.closed and not self._died

    def end(self) -> None:
        """End the worker and whatever it started."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        for file in (self._input, self._output):
            with contextlib.suppress(OSError):
                file.close()
        self._process.wait()
        self._folder.cleanup()


class _WorkerError(Exception):
    """An exception of the user's code in a worker; its class has the name of the original."""


def _raise_again(error: dict[str, str]) -> NoReturn:
    """Raise a worker's error: one of this project's as itself, any other by its name."""
    kind = getattr(errors, error["kind"], None)
    if "own" not in error:
        known = isinstance(kind, type) and issubclass(kind, ParityError)
        raise (kind if known else ParityError)(error["text"])  # type: ignore[misc]
    if error["kind"] == "MemoryError":
        raise MemoryError(error["text"])
    raise type(error["kind"], (_WorkerError,), {})(error["text"])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


def _standard_error() -> int | None:
    """Return the descriptor for what a side prints; None for this process' own."""
    try:
        return sys.stderr.fileno()
    except (OSError, ValueError):
        return None


_workers: dict[tuple[str, str], WorkerProcess] = {}


def worker(role: str) -> WorkerProcess:
    """Return the process that runs the side of a role, started if it is not running.

    Raises UnavailableError if it cannot be started, ParityError if no interpreter is named.
    """
    path = interpreter_of(role)
    if path is None:
        raise ParityError(f"no other Python is named for the {role}; add --{role}-python")
    key = role, path
    if key not in _workers or _workers[key].ended:
        _workers[key] = WorkerProcess(role, path)
    return _workers[key]


@atexit.register
def end_all() -> None:
    """End every worker."""
    while _workers:
        _workers.popitem()[1].end()


@contextmanager
def workers_in(reference: str | None, candidate: str | None) -> Iterator[None]:
    """Run sides of the ports declared in the block in these interpreters; end them afterwards."""
    with sides_in(reference, candidate):
        try:
            yield
        finally:
            end_all()
