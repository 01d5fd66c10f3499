"""`parity record` and `parity check --golden` in a subprocess, as users run them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PORT = """
import time
import numpy as np
import parity

def reference(options, dtype):
    import absent_framework
    return parity.Built(lambda inputs: {'y': inputs['x'] * 2})

def candidate(options, dtype):
    return parity.Built(lambda inputs: {'y': inputs['x'] * FACTOR})

def load(source, seed, count):
    random = np.random.default_rng(seed)
    return parity.InputSet('drawn', {'x': random.normal(size=(count, 3)).astype(np.float32)})

pair = parity.Pair('double', parity.Side('numpy', reference), parity.Side('numpy', candidate),
                   (parity.Configuration('default', {}),), lambda given: given.inputs.arrays)
port = parity.Port('mine', (pair,), load)
"""


def parity(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "parity", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ROOT, **environment},
        timeout=300,
        check=False,
    )


ROOT = str(Path(__file__).parents[3])


@pytest.fixture
def work(tmp_path):
    """Make a folder with a port whose reference needs a framework, and one with the framework."""
    (tmp_path / "my_port.py").write_text(PORT.replace("FACTOR", "2"))
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "absent_framework.py").write_text("")
    return tmp_path


@pytest.fixture
def recorded(work):
    done = record(work)
    assert done.returncode == 0, done.stderr
    return work


def record(work, *arguments):
    path = os.pathsep.join([ROOT, str(work / "installed")])
    return parity(work, "record", "--port", "my_port.py", "-o", "b", *arguments, PYTHONPATH=path)


def check(work, *arguments):
    return parity(work, "check", "--port", "my_port.py", "--golden", "b", *arguments)


def error_line(result):
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.slow
def test_recorded_with_the_framework_and_checked_without(recorded):
    result = check(recorded, "--json", "out.json")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith("reference: recorded 20")
    assert "commit unknown" in result.stdout
    assert "1 case: 1 identical" in result.stdout
    document = json.loads((recorded / "out.json").read_text())
    assert document["recorded"]["command"] == (
        "parity record --port my_port.py --records 10 --seed 1 -o b"
    )
    live = parity(recorded, "check", "--port", "my_port.py", "--json", "-")
    assert live.returncode == 2  # without the framework
    assert json.loads(live.stdout)["recorded"] is None


def test_a_candidate_that_was_broken_since_fails_without_a_diagnosis(recorded):
    (recorded / "my_port.py").write_text(PORT.replace("FACTOR", "3"))
    result = check(recorded)
    assert result.returncode == 1, result.stderr
    assert "different" in result.stdout
    assert "the port's file has changed since" in result.stdout
    assert "no diagnosis: the reference is a recording" in result.stdout


def test_a_missing_and_a_stale_recording_are_one_line_and_exit_with_2(recorded):
    line = error_line(check(recorded, "--seed", "7"))
    assert line == (
        "error: stale: b: recorded with seed 1, not 7; "
        "record it again: parity record --port my_port.py --records 10 --seed 7 -o b"
    )
    (recorded / "b" / "bundle.json").unlink()
    assert error_line(check(recorded)).startswith("error: missing: b is not a recording")


def test_a_reference_that_cannot_run_leaves_no_recording(work):
    result = parity(work, "record", "--port", "my_port.py", "-o", "b")
    assert error_line(result).startswith(
        "error: double, default cannot be recorded: the reference failed in float32: "
        "ModuleNotFoundError"
    )
    assert {path.name for path in work.iterdir()} <= {"my_port.py", "installed", "__pycache__"}


def test_recording_over_other_files_is_refused(work):
    assert "it contains other files" in error_line(record(work, "-o", "installed"))


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_leaves_no_recording_and_the_next_one_removes_leftovers(ending, work):
    slow = PORT.replace("FACTOR", "2").replace("import absent_framework", "time.sleep(100)")
    (work / "slow.py").write_text(slow)
    process = subprocess.Popen(
        [sys.executable, "-m", "parity", "record", "--port", "slow.py", "-o", "b"],
        cwd=work,
        env={**os.environ, "PYTHONPATH": ROOT},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    partial = work / f".b.{process.pid}.partial"
    for _ in range(600):
        if partial.exists():
            break
        time.sleep(0.05)
    assert partial.exists()
    time.sleep(0.2)
    process.send_signal(ending)
    _, errors = process.communicate(timeout=60)
    if ending == signal.SIGINT:
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert not partial.exists()
    assert not (work / "b").exists()
    assert record(work).returncode == 0
    assert not partial.exists()
