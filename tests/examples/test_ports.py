"""The example ports: each right one passes everywhere, each wrong twin fails where it is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.registry import find
from parity.judging.verdict import Verdict

FOLDER = Path(__file__).parents[2] / "examples" / "ports"
EXAMPLES = ["conv_net", "transformer_block", "lstm_tagger", "keras3_gate"]
WRONG = {
    "conv_net": {"stem", "head", "net"},
    "transformer_block": {"attend", "feed", "block"},
    "lstm_tagger": {"recur", "tagger"},
    "keras3_gate": {"gate"},
}


@pytest.fixture(autouse=True)
def _modules(monkeypatch):
    """A port's file is imported under its own name: not beyond the test."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", sys.modules)


def results(name, seed=1, records=10):
    port = find(str(FOLDER / f"{name}.py"))
    given = port.load_inputs(None, seed, records)
    checker = Checker(port, given, Selection(gradients=True, seed=seed))
    return [checker.run(p, c, mode) for p, c, modes in checker.cases() for mode in modes]


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize(("seed", "records"), [(1, 10), (2, 1), (3, 4), (4, 2)])
def test_the_right_port_passes(name, seed, records):
    for case in results(name, seed, records):
        assert case.verdict.passes, (case.layer, case.mode, case.notes, case.outputs)
        assert not any("no gradients" in note for note in case.notes)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_wrong_twin_fails_in_the_layers_that_are_wrong(name, seed):
    found = [case for case in results(f"{name}_wrong", seed) if case.mode == "isolated"]
    assert {case.layer for case in found if case.verdict is Verdict.DIFFERENT} == WRONG[name]
    assert all(case.verdict.passes for case in found if case.layer not in WRONG[name])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("keras3_gate", 0), ("keras3_gate_wrong", 1)])
def test_from_the_command_line(name, code):
    done = subprocess.run(
        [sys.executable, "-m", "parity", "check", "--port", f"{name}.py", "--grad"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "gate" in done.stdout
