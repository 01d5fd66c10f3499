"""Processes of workers: how they start, fail and end."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from parity.declaring.inputs import InputSet
from parity.declaring.port import Port
from parity.errors import ParityError, SideFailedError, UnavailableError
from parity.runners.remote.process import WorkerProcess, worker, workers_in
from tests.parity.runners.remote.conftest import Elsewhere


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("exit 0", "is not a Python interpreter"),
        ("cat $1", "is not a Python interpreter"),
        ("echo 'parity-worker {'", "is not a Python interpreter"),
        ('echo \'parity-worker {"python": "3.7.1", "error": "is too old"}\'', "is too old"),
        (f"exec {sys.executable} -I -S $@", "has no numpy that works: No module named 'numpy'"),
    ],
)
def test_what_is_no_interpreter_is_refused(tmp_path: Path, text: str, refused: str) -> None:
    with pytest.raises(UnavailableError, match=refused) as raised:
        WorkerProcess("reference", script(tmp_path / "python", text))
    assert "\n" not in str(raised.value)


def test_a_path_without_an_interpreter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, why in (("nothing", "No such file"), ("file", "Permission denied"), ("", "")):
        with pytest.raises(UnavailableError, match=f"cannot be started: .*{why}"):
            WorkerProcess("candidate", str(tmp_path / path))


def test_it_greets_with_its_versions_and_ends_with_the_block() -> None:
    with workers_in(sys.executable, None):
        process = worker("reference")
        assert worker("reference") is process
        assert process.started["python"].startswith("3.")
        assert not process.ended
        with pytest.raises(ParityError, match="add --candidate-python"):
            worker("candidate")
    assert process.ended


def test_an_error_outside_of_a_run_is_one_line() -> None:
    with workers_in(sys.executable, None), pytest.raises(ParityError, match="AttributeError"):
        worker("reference").request({"op": "nothing"})


def test_a_worker_that_was_ended_is_started_again() -> None:
    with workers_in(sys.executable, None):
        first = worker("reference")
        first.end()
        assert worker("reference") is not first
        assert worker("reference").request({"op": "versions"}) is not None


def test_a_worker_that_died_is_not_replaced() -> None:
    with workers_in(sys.executable, None):
        os.kill(worker("reference")._process.pid, signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(UnavailableError, match=r"killed by signal 9 \(SIGKILL\)"):
                worker("reference").request({"op": "versions"})


def test_the_worker_ends_with_its_parent(folder: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from parity.runners.remote.process import WorkerProcess\n"
        f"process = WorkerProcess('reference', {sys.executable!r})\n"
        "print(process._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    read, write = os.pipe()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", code],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)],
    )
    os.close(write)
    os.waitpid(child, 0)
    number = int(os.read(read, 100))
    os.close(read)
    for _ in range(100):
        if not is_running(number):
            return
        time.sleep(0.05)
    os.kill(number, signal.SIGKILL)
    raise AssertionError("the worker outlived its parent")


def run(port: Port, inputs: InputSet) -> None:
    from parity.checking.checker import Checker
    from parity.checking.selection import Selection
    from parity.runners.side import run_side

    pair = port.pairs[0]
    task = Checker(port, inputs, Selection()).task(pair, pair.configs[0])
    run_side(pair, "reference", task)


@pytest.mark.parametrize(
    ("reference", "kind", "said"),
    [
        ("dies", UnavailableError, r"was killed by signal 9 \(SIGKILL\) while it ran"),
        ("leaves", UnavailableError, "ended with exit code 3"),
        ("raises", ParityError, "KeyError: 'no such thing"),
        ("words", ParityError, "array of str"),
    ],
)
def test_a_side_that_fails_is_one_line(
    elsewhere: Elsewhere, reference: str, kind: type[Exception], said: str
) -> None:
    with elsewhere(reference) as port, pytest.raises(kind, match=said) as raised:
        run(port, port.load_inputs(None, 1, 2))
    assert "\n" not in str(raised.value)
    assert not isinstance(raised.value, SideFailedError) or reference == "raises"
