"""`parity check --apply` writes a patched copy beside the candidate's file."""

import sys

import pytest
from typer.testing import CliRunner

from parity.cli import app
from parity.errors import ParityError

LAYER = """import torch


def layer(x):
    return torch.softmax(x, 1)
"""
PORT = """import numpy as np
from layer_to_patch import layer

from parity import Built, Configuration, InputSet, Pair, Port, Side


def side(function):
    return Side("torch", lambda options, dtype: Built(lambda given: {"y": function(**given)}))


X = np.random.default_rng(1).normal(size=(4, 3, 5)).astype(np.float32)
port = Port(
    "small",
    (
        Pair(
            "layer",
            side(lambda x: x.softmax(-1)),
            side(layer),
            (Configuration("default", {}),),
            lambda given: given.inputs.arrays,
        ),
    ),
    lambda *_: InputSet("given", {"x": X}),
)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layer_to_patch.py").write_text(LAYER)
    (tmp_path / "port.py").write_text(PORT)
    return tmp_path


def check(*options):
    """Return the exit code and all that is printed, as `main` would for an error."""
    for name in ("port", "layer_to_patch"):
        sys.modules.pop(name, None)
    found = CliRunner().invoke(app, ["check", "--no-coverage", *options])
    refused = isinstance(found.exception, ParityError)
    text = f"{found.output} {found.exception if refused else ''}"
    return 2 if refused else found.exit_code, " ".join(text.split())


def test_a_copy_is_written_and_the_file_stays(folder):
    code, text = check("--apply")
    assert code == 1
    assert "at: layer_to_patch.py:5 patch: below; with it, the case passes" in text
    assert "- return torch.softmax(x, 1) + return torch.softmax(x, -1)" in text
    assert "wrote layer_to_patch.patched.py; to take it: mv layer_to_patch.patched.py " in text
    copy = folder / "layer_to_patch.patched.py"
    assert copy.read_text() == LAYER.replace("1)", "-1)")
    assert (folder / "layer_to_patch.py").read_text() == LAYER
    copy.write_text("mine")
    code, text = check("--apply")
    assert code == 2
    assert "exists with other contents" in text
    assert copy.read_text() == "mine"


def test_nothing_is_applied_without_a_patch(folder):
    code, text = check("--apply", "--diagnose-time", "0")
    assert code == 1
    assert "nothing applied: no patch was found and confirmed" in text
    (folder / "layer_to_patch.py").write_text(LAYER.replace("1)", "-1)"))
    code, text = check("--apply")
    assert code == 0
    assert "nothing applied: all cases pass" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--force",), "add --apply"),
        (("--apply", "--no-diagnose"), "leave out --no-diagnose"),
    ],
)
def test_options_that_need_another(folder, options, words):
    code, text = check(*options)
    assert code == 2
    assert words in text
