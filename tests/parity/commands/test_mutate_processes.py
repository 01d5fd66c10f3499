"""`parity mutate --jobs`: the results of one process, in the same order."""

import json
import subprocess
import sys

import pytest

from tests.parity.printed import without_progress

PORT = '''"""Two layers of numpy under two configurations; one bug shows in the second."""

import os
import signal

import numpy as np

from parity import Built, Configuration, InputSet, Pair, Port, Side
from parity.declaring.known_bug import ChangedOutputs, KnownBug

X = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)


def side(role):
    def build(options, dtype):
        if options["factor"] == 2.0 and os.environ.get("DIES"):
            os.kill(os.getpid(), signal.SIGKILL)
        wrong = role == "candidate" and os.environ.get("WRONG") and options["factor"] == 2.0
        return Built(lambda given: {"y": given["x"] * (options["factor"] + 0.5 * bool(wrong))})

    return Side("numpy", build)


def pair(name):
    configs = tuple(
        Configuration(name, {"factor": factor})
        for name, factor in {"one": 1.0, "two": 2.0}.items()
    )
    return Pair(name, side("reference"), side("candidate"), configs, lambda g: g.inputs.arrays)


def more(outputs, task):
    unseen = 1 + np.finfo(outputs["y"].dtype).eps
    factor = 2.0 if task.options["factor"] == 2.0 else unseen
    return {"y": (outputs["y"] * factor).astype(outputs["y"].dtype)}


def load(source, seed, count):
    return InputSet("given", {"x": X[:count]})


own = KnownBug(None, "multiplied once more", "y", ChangedOutputs(more), layer="first")
port = Port("small", (pair("first"), pair("second")), load, known_bugs=(own,))
'''


@pytest.fixture
def mutate(tmp_path):
    (tmp_path / "port.py").write_text(PORT)

    def run(*options, **environment):
        command = [sys.executable, "-m", "parity", "mutate", *options]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment
        )

    return run


@pytest.mark.slow
def test_results_and_their_order_are_those_of_one_process(mutate, tmp_path):
    """A bug that is rounded away under the first configuration is caught under the second."""
    found = []
    for jobs in ("1", "2"):
        run = mutate("--jobs", jobs, "--json", f"{jobs}.json")
        assert run.returncode == 0, run.stdout + run.stderr
        found.append(json.loads((tmp_path / f"{jobs}.json").read_text()))
    one, two = found
    assert one == two
    (once_more,) = (m for m in two["mutants"] if m["known_bug"] == "multiplied once more")
    assert once_more["config"] == "two"


@pytest.mark.slow
def test_the_same_part_is_drawn(mutate, tmp_path):
    for jobs in ("1", "2"):
        mutate("--jobs", jobs, "--limit", "4", "--json", f"{jobs}.json")
    one, two = (json.loads((tmp_path / f"{jobs}.json").read_text()) for jobs in ("1", "2"))
    assert one == two
    assert len(two["mutants"]) == 4


@pytest.mark.slow
def test_a_port_that_fails_by_itself_is_one_line(mutate):
    run = mutate("--jobs", "2", WRONG="1")
    assert run.returncode == 2
    (line,) = without_progress(run.stderr).strip().splitlines()
    assert "first, two (--grad) fails before any bug is planted: y different" in line


@pytest.mark.slow
def test_a_process_that_is_killed_is_one_line(mutate):
    run = mutate("--jobs", "2", DIES="1")
    assert run.returncode == 2
    (line,) = without_progress(run.stderr).strip().splitlines()
    assert "ended by itself under two" in line
