"""Commands that run a side in another Python: what they print, write and leave behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Done
from tests.parity.runners.remote.conftest import CANDIDATE, PORT, REFERENCE

pytestmark = pytest.mark.slow

OPTION = ("--reference-python", sys.executable)
ALL = ("double", "triple", "raises", "dies", "endless")


def write_ports(folder: Path) -> None:
    (folder / "reference.py").write_text(REFERENCE)
    (folder / "candidate.py").write_text(CANDIDATE)
    for name in ALL:
        (folder / f"{name}_port.py").write_text(PORT.format(reference=name))


@pytest.fixture(scope="module")
def done(
    in_turn: Callable[..., list[Done]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Done]:
    """Return what each command printed, by name."""
    folder = tmp_path_factory.mktemp("elsewhere")
    write_ports(folder)
    inputs = ["--input", "x=4x3", "--input", "n=4:int64:5"]
    models = ["reference.py:double", "candidate.py:Double"]
    commands = {
        "right": ["check", "double_port.py", *OPTION, "--json", "right.json"],
        "stdout": ["check", "double_port.py", *OPTION, "--json", "-"],
        "wrong": ["check", "triple_port.py", *OPTION],
        "raises": ["check", "raises_port.py", *OPTION],
        "dies": ["check", "dies_port.py", *OPTION, "--json", "dies.json"],
        "record dies": ["record", "dies_port.py", *OPTION, "-o", "dies.recording"],
        "init dies": ["init", "reference.py:dies", models[1], *inputs, *OPTION, "-o", "dead.py"],
        "init": ["init", *models, *inputs, *OPTION, "-o", "made.py"],
        "init shape": ["init", *models, "--input", "x=4x3", *OPTION, "-o", "shape.py"],
        "record": ["record", "double_port.py", *OPTION, "-o", "recording"],
        "golden": ["check", "double_port.py", "--golden", "recording"],
        "both": ["check", "double_port.py", "--golden", "recording", *OPTION],
        "candidate": ["check", "double_port.py", *OPTION, "--candidate-python", sys.executable],
        "onnx": ["check", "double_port.py", "--onnx", "--candidate-python", sys.executable],
        "jobs": ["check", "double_port.py", *OPTION, "--jobs", "2"],
        "gmvp": ["check", "gmvp", *OPTION],
        "nothing": ["check", "double_port.py", "--reference-python", "no/python"],
        "timeout": ["check", "endless_port.py", *OPTION, "--timeout", "1"],
    }
    runs = in_turn(folder, [({}, words) for words in commands.values()])
    found = dict(zip(commands, runs, strict=True))
    found["files"] = Done(0, " ".join(sorted(path.name for path in folder.iterdir())), "")
    found["json"] = Done(0, (folder / "right.json").read_text(), "")
    found["number"] = Done(0, (folder / "started").read_text(), "")
    return found


def test_a_right_candidate_passes_and_the_report_says_what_ran(done: dict[str, Done]) -> None:
    assert done["right"].code == 0, done["right"].stderr
    versions = json.loads(done["json"].stdout)["versions"]
    assert f"Python {sys.version.split()[0]}" in versions["reference-python"]
    assert sys.executable not in done["json"].stdout


def test_what_the_reference_prints_does_not_disturb_a_report(done: dict[str, Done]) -> None:
    assert json.loads(done["stdout"].stdout)["exit_code"] == 0


def test_a_wrong_candidate_is_refused_with_the_command_to_go_on(done: dict[str, Done]) -> None:
    assert done["wrong"].code == 1
    assert "different" in done["wrong"].stdout
    assert f"--reference-python {sys.executable}" in done["wrong"].stdout


def test_init_writes_a_port_that_passes(done: dict[str, Done]) -> None:
    assert done["init"].code == 0, done["init"].stderr
    assert "1 equivalent" in done["init"].stdout or "1 identical" in done["init"].stdout
    assert "made.py" in done["files"].stdout


def test_a_recording_made_elsewhere_is_used_here(done: dict[str, Done]) -> None:
    assert done["record"].code == 0, done["record"].stderr
    assert done["golden"].code == 0, done["golden"].stderr


def test_a_candidate_elsewhere_passes_too(done: dict[str, Done]) -> None:
    assert done["candidate"].code == 0, done["candidate"].stderr
    # Its code runs in the other process, where nothing is traced.
    assert "executed:" not in done["candidate"].stdout
    assert "training mode and executed lines are not looked at" in done["candidate"].stdout
    assert "not looked at" not in done["right"].stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dies", "was killed by signal 9 (SIGKILL)"),
        ("record dies", "was killed by signal 9 (SIGKILL)"),
        ("init dies", "was killed by signal 9 (SIGKILL)"),
        ("init shape", "cannot be called on x (4, 3)"),
        ("both", "--golden cannot be combined with --reference-python"),
        ("onnx", "--onnx cannot be combined with --candidate-python"),
        ("jobs", "--jobs cannot be combined with --reference-python"),
        ("gmvp", "is built by code of port gmvp"),
        ("nothing", "no/python cannot be started: No such file"),
    ],
)
def test_bad_input_is_one_line(done: dict[str, Done], name: str, said: str) -> None:
    lines = [line for line in done[name].stderr.splitlines() if line.startswith("error: ")]
    assert done[name].code == 2
    assert len(lines) == 1
    assert said in lines[0]


def test_a_reference_that_raises_is_one_note(done: dict[str, Done]) -> None:
    assert done["raises"].code == 2
    assert "KeyError: 'no such thing" in done["raises"].stdout


def test_nothing_is_half_written(done: dict[str, Done]) -> None:
    names = done["files"].stdout.split()
    for name in ("dies.json", "dies.recording", "dead.py", "shape.py"):
        assert not any(name in each for each in names), names


def test_a_time_limit_ends_the_worker(done: dict[str, Done]) -> None:
    assert "stopped after 1 s" in done["timeout"].stdout
    assert not _is_running(int(done["number"].stdout))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_an_endless_reference(tmp_path: Path) -> None:
    write_ports(tmp_path)
    command = [sys.executable, "-m", "parity", "check", "endless_port.py", *OPTION]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    started = tmp_path / "started"
    for _ in range(600):
        if started.exists() and started.read_text():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted"
    assert not _is_running(int(started.read_text()))
