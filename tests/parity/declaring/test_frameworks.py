"""Modules of a framework are found by its name; what is missing is said in one line."""

import sys

import pytest

from parity.declaring.frameworks import (
    call_tools,
    exporter,
    models_module,
    onnx_runtime,
    runner,
)
from parity.errors import NotExportedError, ParityError, UnavailableError


def test_a_framework_has_its_runner():
    assert runner("numpy").version()
    assert runner("numpy").tensor(runner("numpy").numbers([1.5]), "float32").dtype == "float32"


def test_an_unknown_framework_is_refused_with_those_there_are():
    with pytest.raises(ParityError, match="no runner for framework 'jax'; expected tensorflow, to"):
        runner("jax")
    with pytest.raises(NotExportedError, match="no exporter to ONNX from numpy"):
        exporter("numpy")


def test_calls_can_be_recorded_in_torch_alone():
    assert call_tools("numpy") is None
    assert call_tools("tensorflow") is None
    tools = call_tools("torch")
    assert tools is not None
    assert callable(tools.recording)


@pytest.mark.parametrize(
    ("module", "package", "load", "extra"),
    [
        ("torch.models", "torch", lambda: models_module("torch"), "torch"),
        ("onnx.runtime", "onnxruntime", onnx_runtime, "onnx"),
        ("torch.onnx_export", "onnxscript", lambda: exporter("torch"), "onnx"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch, module, package, load, extra
):
    monkeypatch.delitem(sys.modules, f"parity.runners.{module}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UnavailableError, match=rf"{package} is not installed.*\[{extra}\]"):
        load()
