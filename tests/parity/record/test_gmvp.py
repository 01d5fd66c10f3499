"""gMVP recorded with TensorFlow, and checked where importing TensorFlow fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.record import recorder
from parity.record.request import RecordRequest

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[2]
SELECTION = Selection(
    ("gru_cell", "multi_head_attention", "loss", "learning_rate", "windows"),
    ("add-cov-spe", "training-masks", "all", "release", "length-1"),
    gradients=True,
)
REQUEST = RecordRequest("gmvp", SELECTION, None, 3)


@pytest.fixture(scope="module")
def recording(gmvp, tmp_path_factory):
    folder = tmp_path_factory.mktemp("recording")
    given = gmvp.load_inputs(None, SELECTION.seed, REQUEST.records)
    recorder.record(gmvp, given, REQUEST, folder, folder)
    return folder


@pytest.fixture(scope="module")
def without_tensorflow(recording):
    """Check the recording in a process where importing TensorFlow fails; return the JSON."""
    command = REQUEST.command(recording).split()
    words = [word for word in command[2:-2] if word != "--no-neighbours"]
    path = os.pathsep.join([str(TESTS / "without_tensorflow"), str(TESTS.parent)])
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "parity",
            "check",
            *words,
            "--golden",
            str(recording),
            "--json",
            "-",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_verdicts_and_errors_are_those_of_the_live_check(gmvp, without_tensorflow, kit):
    live = Checker(gmvp, gmvp.load_inputs(None, SELECTION.seed, REQUEST.records), SELECTION)
    expected = {(case.layer, case.config, case.mode): case for case in kit.results(live)}
    assert ("gru_cell", "add-cov-spe", "cascade") in expected
    found = without_tensorflow["cases"]
    assert [(case["layer"], case["config"], case["mode"]) for case in found] == [*expected]
    for case, live_case in zip(found, expected.values(), strict=True):
        assert case["verdict"] == str(live_case.verdict)
        assert case["notes"] == list(live_case.notes)
        for output, live_output in zip(case["outputs"], live_case.outputs, strict=True):
            for field in ("name", "verdict", "compared", "scale", "ref_err", "reason"):
                assert output[field] == getattr(live_output, field), field


def test_gradients_are_checked_and_versions_are_the_recorded_ones(without_tensorflow):
    names = {o["name"] for case in without_tensorflow["cases"] for o in case["outputs"]}
    assert "grad/weight/gru/kernel" in names
    assert without_tensorflow["versions"]["tensorflow"].endswith(" (recorded)")
    assert without_tensorflow["recorded"]["versions"]["tensorflow"][0].isdigit()
