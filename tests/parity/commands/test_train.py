"""`parity train` in a subprocess, as users run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parity.printed import without_progress

PORT = str(Path(__file__).parents[1] / "numpy_training.py")
PNG = b"\x89PNG\r\n\x1a\n"


def train(*arguments, port=PORT, **environment):
    return subprocess.run(
        [sys.executable, "-m", "parity", "train", "--port", str(port), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", **environment},
        timeout=300,
        check=False,
    )


def error_line(result) -> str:
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture
def wrong(tmp_path):
    """Write a port with a bug planted in its candidate."""
    path = tmp_path / "wrong.py"
    path.write_text(
        "import sys\nfrom dataclasses import replace\n"
        f"sys.path.insert(0, {str(Path(PORT).parent)!r})\n"
        "import numpy_training\n"
        "port = replace(numpy_training.port,\n"
        "               trainings=(numpy_training.make('decay times the rate'),))\n"
    )
    return path


@pytest.mark.slow
def test_table_answer_plot_and_json_of_a_right_port(tmp_path):
    plot, document = tmp_path / "train.png", tmp_path / "train.json"
    result = train("--steps", "30", "--plot", str(plot), "--json", str(document))
    assert result.returncode == 0, result.stdout + result.stderr
    assert without_progress(result.stderr) == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "adam  30 steps of 4 out of 8 records, 2 held out"
    assert [line.split()[0] for line in lines[2:8]] == ["1", "2", "5", "10", "20", "30"]
    assert lines[8].startswith(
        "equivalent: the candidate trains as the reference does. After 30 steps"
    )
    assert "overfit" in lines[9]
    assert plot.read_bytes().startswith(PNG)
    read = json.loads(document.read_text())
    assert read["verdict"] == "equivalent"
    (training,) = read["trainings"]
    assert len(training["steps"]) == 30
    assert training["divergence"] is None
    assert training["evaluation"][0]["step"] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train.json", "train.png"]


@pytest.mark.slow
def test_a_wrong_port_fails_and_says_where(wrong):
    result = train("--steps", "5", port=wrong)
    assert result.returncode == 1, result.stderr
    assert (
        "different: the sides diverge at step 1: the loss and the gradients agree" in result.stdout
    )
    assert "the candidate decays the weights apart from the gradient" in result.stdout
    assert "weight/hidden/kernel: float64 runs differ by" in result.stdout


@pytest.mark.slow
def test_only_json_goes_to_standard_output(wrong):
    result = train("--steps", "3", "--json", "-", port=wrong)
    divergence = json.loads(result.stdout)["trainings"][0]["divergence"]
    assert (divergence["step"], divergence["kind"]) == (1, "weight")
    assert "the sides diverge" in result.stderr


def test_nothing_held_out():
    result = train("--steps", "3", "--validation", "0")
    assert result.returncode == 0, result.stderr
    assert "held out" not in result.stdout
    assert "overfit" not in result.stdout


def test_other_records_held_out():
    result = train("--steps", "3", "--records", "12", "--validation", "easy")
    assert result.stdout.startswith("adam  3 steps of 4 out of 12 records, 12 held out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "adm"], "unknown training 'adm'; did you mean adam?"),
        (["--validation", "1.5"], "cannot hold out a share of 1.5; expected 0 to below 1"),
        (["--batch-size", "9"], "a batch of 9 exceeds the 8 records to train on; give a"),
        (["--plot", "/no/such/folder/x.png"], "cannot write /no/such/folder/x.png: its folder"),
        (["--plot", "-", "--json", "-"], "cannot share standard output"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(arguments, message):
    assert message in error_line(train(*arguments))


def test_a_port_without_a_training(tmp_path):
    path = tmp_path / "bare.py"
    path.write_text(
        f"import sys\nsys.path.insert(0, {str(Path(PORT).parent)!r})\n"
        "from dataclasses import replace\nimport numpy_training\n"
        "port = replace(numpy_training.port, name='bare', trainings=())\n"
    )
    line = error_line(train(port=path))
    assert line.startswith("error: port bare declares no training; give it trainings=")


def test_without_matplotlib(tmp_path):
    (tmp_path / "matplotlib.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'matplotlib'\", name='matplotlib')"
    )
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    line = error_line(train("--plot", "x.png", PYTHONPATH=paths))
    assert line.startswith("error: matplotlib is not installed, and --plot needs it; install it")
    assert train("--steps", "1", PYTHONPATH=paths).returncode == 0


def test_a_port_of_trainings_alone_needs_no_pair(tmp_path):
    path = tmp_path / "alone.py"
    path.write_text(
        f"import sys\nsys.path.insert(0, {str(Path(PORT).parent)!r})\n"
        "from dataclasses import replace\nimport numpy_training\n"
        "port = replace(numpy_training.port, name='alone', pairs=())\n"
    )
    assert train("--steps", "1", port=path).returncode == 0
    for command, code, words in (
        ("check", 2, "port alone declares trainings and no pairs: there is nothing to check"),
        ("list", 0, "training adam"),
    ):
        result = subprocess.run(
            [sys.executable, "-m", "parity", command, "--port", str(path)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == code, result.stderr
        assert words in result.stdout + result.stderr
