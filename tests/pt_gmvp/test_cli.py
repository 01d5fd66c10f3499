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
        ("finalize none.tsv --genomic none -o out.tsv.gz", "gmvp finalize", "pysam", "score"),
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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("explain T R1A --features f --model m --format svg", "--format has no effect without a p"),
        ("explain T R1A --features f --model m --note n", "--note has no effect without a picture"),
        ("explain T R1A --features f --model m --json - --top 3", "--top has no effect with --jso"),
        ("explain T R1A --features f --model m --json - --gene G", "--gene has no effect with --j"),
        ("explain T R1A --features f --model m --json - -o p --top 3", "--top has no effect with "),
        ("coevolution a -o m.npy --top 3", "--top has no effect without --pairs; leave it out"),
        ("diagnose r --shuffles 0 --shuffle-steps 3", "--shuffle-steps has no effect with --shuff"),
        ("diagnose r --lockstep 0 --timeout 3", "--timeout has no effect with --lockstep 0; leave"),
        ("score --features f --model m -o - --force", "--force has no effect with -o -, which kee"),
        ("score --features f --model . --config c -o -", "--config has no effect: a model folder "),
        ("heatmap T -o m.png --table t --model_list l", "--table already has the scores; leave ou"),
        ("lookup t q --tsv --json", "--tsv and --json exclude each other; give only one of them"),
    ],
)
def test_an_option_without_effect_next_to_another_is_refused(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, words.split())
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {said}")
