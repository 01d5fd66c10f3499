"""The `gmvp` command itself: help is instant, and nothing heavy is loaded for it."""

import importlib.util
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pt_gmvp.cli import app

HEAVY = {
    "torch",
    "numpy",
    "rich.progress",
    "matplotlib",
    "sklearn",
    "scipy",
    "tensorboardX",
    "duckdb",
    "pysam",
    "onnx",
}


@pytest.mark.parametrize(
    "command",
    [
        *("train", "replay", "pretrain", "coevolution", "diagnose"),
        *("score", "predict", "export-onnx"),
        *("finalize", "lookup", "annotate", "explain", "heatmap"),
    ],
)
def test_every_command_has_help(command):
    done = subprocess.run(
        [sys.executable, "-m", "pt_gmvp.cli", command, "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_nothing_heavy_is_loaded_to_start():
    code = f"import sys, pt_gmvp.cli; print(sorted({HEAVY!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "what", "module", "extras"),
    [
        (
            "train --config none.json --data none --out none",
            "training",
            "tensorboardX",
            "torch,train",
        ),
        (
            "pretrain --config none.json --features none --out none",
            "pre-training",
            "sklearn",
            "torch,train",
        ),
        ("finalize none.tsv --genomic none -o none.tsv", "gmvp finalize", "pysam", "score"),
        ("lookup none.tsv none", "gmvp lookup", "duckdb", "score"),
    ],
)
def test_what_is_not_installed_is_named(monkeypatch, words, what, module, extras):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else found(name)
    )
    done = CliRunner().invoke(app, words.split())
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: {module} is not installed, and {what} needs it; install it with: "
        f"pip install 'gmvp-parity[{extras}]'\n"
    )
