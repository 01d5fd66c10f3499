"""`parity fuzz` in a subprocess, as users run it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.parity.commands.fuzz_port import BAD, FOUND, error_line, fuzz, parity, write_port
from tests.parity.printed import without_progress


@pytest.fixture
def folder(tmp_path):
    return write_port(tmp_path)


@pytest.mark.slow
def test_a_counterexample_is_written_and_runs_again(folder):
    result = fuzz(folder, *BAD, "--layer", "good", "--json", "out.json")
    assert result.returncode == 1, result.stderr
    assert without_progress(result.stderr) == ""
    assert "✓ no counterexample" in result.stdout
    assert "case: row 0 of the input; x = 0 everywhere" in result.stdout
    assert f"run it again: parity replay {FOUND}" in result.stdout
    good, bad = json.loads((folder / "out.json").read_text())["cases"]
    assert good["counterexample"] is None
    assert bad["counterexample"]["verdict"] == "different"
    assert bad["counterexample"]["replay"] == FOUND

    again = parity(folder, "replay", FOUND)
    assert again.returncode == 1, again.stderr
    assert "✗ different" in again.stdout
    assert "different, as when it was found" in again.stdout


def test_no_file_is_overwritten(folder):
    (folder / FOUND).write_text("kept")
    assert "mine-bad_at_zero-c-2.replay" in fuzz(folder, *BAD).stdout
    assert (folder / FOUND).read_text() == "kept"
    assert error_line(fuzz(folder, *BAD, "-o", FOUND)) == (
        f"error: {FOUND} already exists; name another file, or delete it"
    )


@pytest.mark.slow
def test_where_counterexamples_are_written(folder):
    assert "is a file, but there are 3 cases; name a folder" in error_line(
        fuzz(folder, "-o", "one")
    )
    assert "its folder does not exist" in error_line(fuzz(folder, *BAD, "-o", "no/one"))
    (folder / "found").mkdir()
    assert fuzz(folder, *BAD, "-o", "found").returncode == 1
    assert os.listdir(folder / "found") == [FOUND]
    assert fuzz(folder, *BAD, "-o", "one").returncode == 1
    assert parity(folder, "replay", "one").returncode == 1


def test_without_a_counterexample_it_exits_with_0_and_leaves_no_file(folder):
    result = fuzz(folder, "--layer", "good", "--examples", "20")
    assert result.returncode == 0, result.stderr
    assert "none failing" in result.stdout
    assert ".hypothesis" not in os.listdir(folder)


def test_hypothesis_not_installed(folder):
    (folder / "hypothesis.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'hypothesis'\", name='hypothesis')"
    )
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    line = error_line(fuzz(folder, PYTHONPATH=path))
    assert line.startswith("error: hypothesis is not installed, and parity fuzz needs it; install")


def _handle_interrupts():
    """Restore the handling of Ctrl-C, which background jobs of a shell ignore by default."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_keeps_what_was_found(folder):
    command = [sys.executable, "-m", "parity", "fuzz", "--port", "my_port.py"]
    run = subprocess.Popen(
        [*command, "--examples", "100000", *BAD, "--layer", "slow", "--json", "out.json"],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_handle_interrupts,
    )
    while not (folder / FOUND).exists():
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    shown, errors = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "Traceback" not in errors
    assert "1 failing" in shown
    assert len(json.loads((folder / "out.json").read_text())["cases"]) == 1


def test_time_is_shared_by_the_cases(folder):
    started = time.monotonic()
    cases = ("--layer", "slow", "--layer", "good")
    result = fuzz(folder, *cases, "--seconds", "1", "--examples", "99999")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("stopped by --seconds") == 2
    assert time.monotonic() - started < 30
