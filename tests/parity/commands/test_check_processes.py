"""`parity check --jobs`: the same results in the same order, and one line if a process ends."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

PORT = '''"""Layers of numpy under several configurations; one of them is wrong."""

import multiprocessing
import os
import signal
import time

import numpy as np

from parity import Built, Configuration, InputSet, Pair, Port, Side

print("read")
FACTORS = {"one": 1.0, "two": 2.0, "three": 3.0}


def side(role):
    def build(options, dtype):
        def call(given):
            wrong = role == "candidate" and options.get("wrong")
            if options.get("dies"):
                os.kill(os.getpid(), signal.SIGKILL)
            if options.get("starts"):
                worker = multiprocessing.get_context("fork").Process(target=int)
                worker.start()
                worker.join()
            if options.get("waits"):
                open(f"waiting_{os.getpid()}", "w").close()
                time.sleep(60)
            return {"y": given["x"] * (options["factor"] + (0.5 if wrong else 0.0))}

        return Built(call)

    return Side("numpy", build)


def pair(name, **more):
    configs = tuple(Configuration(c, {"factor": f, **more}) for c, f in FACTORS.items())
    return Pair(name, side("reference"), side("candidate"), configs, lambda g: g.inputs.arrays)


X = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
port = Port(
    "small",
    (
        pair("first"),
        pair("second"),
        pair("bad", wrong=True),
        pair("dying", dies=True),
        pair("parent", starts=True),
        pair("waiting", waits=True),
    ),
    lambda *_: InputSet("given", {"x": X}),
)
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "port.py").write_text(PORT)
    return folder


def check(folder, *options):
    command = [sys.executable, "-m", "parity", "check", "--no-diagnose", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def results(folder, jobs):
    layers = [word for name in ("first", "second", "bad") for word in ("--layer", name)]
    name = f"jobs_{jobs}.json"
    run = check(folder, *layers, "--jobs", str(jobs), "--json", name)
    document = json.loads((folder / name).read_text())
    for case in document["cases"]:
        del case["seconds"]
    return run, document


@pytest.mark.slow
def test_results_and_their_order_are_those_of_one_process(folder):
    (alone, one), (several, three) = results(folder, 1), results(folder, 3)
    assert alone.returncode == several.returncode == 1
    assert [case["layer"] for case in one["cases"]][:4] == ["first", "first", "first", "second"]
    for name in ("cases", "versions", "coverage", "summary"):
        assert one[name] == three[name], name
    assert several.stdout.count("read") == 1


@pytest.mark.slow
def test_a_process_that_is_killed_is_one_line(folder):
    run = check(folder, "--layer", "dying", "--jobs", "2")
    assert run.returncode == 2
    (line,) = run.stderr.strip().splitlines()
    assert "a process of the check ended by itself under" in line
    assert "--jobs 1" in line


@pytest.mark.slow
def test_an_unknown_layer_is_refused_before_processes_start(folder):
    run = check(folder, "--layer", "frist", "--jobs", "2")
    assert run.returncode == 2
    assert "first" in run.stderr


@pytest.mark.slow
def test_a_layer_may_start_processes_of_its_own(folder):
    run = check(folder, "--layer", "parent", "--jobs", "2")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
def test_ctrl_c_ends_all_processes(folder):
    command = [sys.executable, "-m", "parity", "check", "--layer", "waiting", "--jobs", "2"]
    run = subprocess.Popen(
        command,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    end = time.monotonic() + 60
    while len(pids := list(folder.glob("waiting_*"))) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    for path in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.name.removeprefix("waiting_")), 0)
