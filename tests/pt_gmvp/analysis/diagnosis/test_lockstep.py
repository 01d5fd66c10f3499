"""The lockstep as its answer tells it: the engine is another process, here one that is planted."""

import json
import sys
from importlib.util import find_spec

import pytest

from pt_gmvp.analysis.diagnosis import lockstep
from pt_gmvp.analysis.diagnosis.findings import Fault

_ENGINE = """
import json, sys, time
code, document, wait = json.loads(sys.argv[1])
time.sleep(wait)
if document is not None:
    open(sys.argv[sys.argv.index("--json") + 1], "w").write(json.dumps(document))
print("error: no such training: " + " ".join(sys.argv[2:]), file=sys.stderr)
sys.exit(code)
"""


def engine(code, verdict=None, wait=0):
    lesson = {
        "answer": f"{verdict}: as the engine has it",
        "verdict": verdict,
        "input": "ten records",
        "overfitting": "",
        "steps": [{"losses": {"reference32": 0.7, "candidate32": 0.7}}],
    }
    document = {"trainings": [lesson]} if verdict else None
    return (sys.executable, "-c", _ENGINE, json.dumps([code, document, wait]))


def test_what_trains_alike_clears_the_port():
    found = lockstep.run("adam", 1, 0, engine=engine(0, "equivalent"))
    assert [finding.fault for finding in found.findings] == [None]
    assert found.numbers["losses"] == [{"reference32": 0.7, "candidate32": 0.7}]


def test_what_trains_otherwise_is_the_ports_fault():
    found = lockstep.run("adam", 1, 0, engine=engine(1, "different"))
    (finding,) = found.findings
    assert finding.fault is Fault.PORT
    assert finding.text == "different: as the engine has it"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (engine(2, "not compared"), "could not compare the two (exit 2)"),
        (engine(2), "ended with 2 and no report: error: no such training"),
        # An exit code of 0 does not stand against a verdict of another sort.
        (engine(0, "different"), "could not compare the two (exit 0)"),
        (engine(0, "equivalent", wait=30), "took longer than"),
        (("/nowhere/python",), "/nowhere/python cannot be run"),
    ],
)
def test_what_was_not_compared_clears_nobody(how, why):
    found = lockstep.run("adam", 1, 0, timeout=1.5 if "longer" in why else 60, engine=how)
    assert not found.findings
    assert why in found.skipped


def test_what_is_not_installed_is_told_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(lockstep, "find_spec", lambda name: None if name == "tensorflow" else 1)
    found = lockstep.run("adam", 1, 0)
    assert found.skipped == (
        "tensorflow is not installed; install it with: "
        "pip install 'gmvp-parity[gmvp,torch,tensorflow]'"
    )


def test_the_engine_is_asked_about_the_runs_own_records(tmp_path):
    found = lockstep.run("adamw", 7, 3, tmp_path / "a", tmp_path / "b", engine=engine(2))
    for words in (
        "train --config adamw --steps 7 --seed 3",
        f"--inputs {tmp_path}/a",
        f"--validation {tmp_path}/b",
    ):
        assert words in found.skipped


@pytest.mark.exhaustive
@pytest.mark.skipif(
    any(find_spec(name) is None for name in lockstep.NEEDED), reason="TensorFlow is not installed"
)
def test_the_port_itself_trains_as_the_original():
    found = lockstep.run("adam", 3, 1)
    assert [finding.fault for finding in found.findings] == [None], found
    assert found.numbers["steps"] == 3
