"""`gmvp export-onnx` as its user runs it."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from typer.testing import CliRunner

from pt_gmvp.cli import app
from pt_gmvp.forms.exported import exporting
from pt_gmvp.model import GMVP


@pytest.fixture
def call(model: GMVP, tmp_path: Path, monkeypatch) -> Callable[..., tuple[int, str, str]]:
    """Runs the command in a folder with a model `m`: code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    model.save_pretrained("m")

    def run(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["export-onnx", *words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


def test_a_file_and_what_is_in_it(call, exported: onnx.ModelProto, form, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "export", lambda model, asked: exported)
    code, out, err = call("m", "-o", "o.onnx", "--form", form)
    assert (code, err) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in out.splitlines()[1:] if line[:3] != "log")
    assert rows["form"] == form
    assert "input feature        batch x 129 x 435 float32\n" in out
    size = Path("o.onnx").stat().st_size
    assert rows["file"] == f"o.onnx, {size:,} bytes"
    assert Path("o.onnx").read_bytes() == exported.SerializeToString()
    assert sorted(os.listdir()) == ["m", "o.onnx"]


def test_a_file_that_computes_something_else_is_not_written(call, exported, form, monkeypatch):
    for weight in exported.graph.initializer:
        if list(weight.dims) == [12, 12]:
            array = onnx.numpy_helper.to_array(weight) * 1.001
            weight.CopyFrom(onnx.numpy_helper.from_array(array.astype("float32"), weight.name))
    monkeypatch.setattr(exporting, "export", lambda model, asked: exported)
    code, out, err = call("m", "-o", "o.onnx", "--form", form)
    assert (code, out) == (2, "")
    assert err.startswith("error: m: logit of a batch of 1: the file is off by ")
    assert err.count("\n") == 1
    assert os.listdir() == ["m"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["m", "-o", "o.pb"], "o.pb: expected a name that ends in .onnx"),
        (["m", "-o", "no/o.onnx"], "no/o.onnx: its folder does not exist; create it first"),
        (["m", "-o", "f.onnx"], "f.onnx: is a folder; expected a file to write"),
        (["m", "-o", "old.onnx"], "old.onnx: exists; give --force to replace it, or another name"),
        (["none", "-o", "o.onnx"], "none/config.json: no such file; expected config.json and"),
        (["inverse", "-o", "o.onnx"], "inverse: pairwise_type is 'inv_cov', but ONNX has no mat"),
    ],
)
def test_what_is_refused_is_one_line(call, small, words, said) -> None:
    Path("f.onnx").mkdir()
    Path("old.onnx").write_text("old")
    small(0, pairwise_type="inv_cov").save_pretrained("inverse")
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1
    assert sorted(os.listdir()) == ["f.onnx", "inverse", "m", "old.onnx"]
    assert Path("old.onnx").read_text() == "old"


def test_what_it_needs_is_named(call, monkeypatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else found(name)
    )
    code, _, err = call("m", "-o", "o.onnx")
    assert (code, err) == (
        2,
        "error: onnxruntime is not installed, and export-onnx needs it; install it with: "
        "pip install 'gmvp-parity[gmvp,torch,onnx]'\n",
    )
