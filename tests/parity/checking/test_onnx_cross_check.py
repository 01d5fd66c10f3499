"""The cross-check has a verdict of its own, and the two frameworks' stands whatever it says."""

import io
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
from rich.console import Console

from parity.checking.checker import Checker
from parity.checking.onnx_cross_check import OnnxCrossChecker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.weight import Weight
from parity.judging.verdict import Verdict, exit_code
from parity.report import onnx_cross_check
from parity.runners.torch import onnx_export
from tests.parity.printed import without_progress

SIDES = ("torch", "torch")


def dense(change=lambda y: y):
    """A dense layer and a softmax; `change` is made to its outcome."""

    def build(options, dtype):
        import torch

        kernel = torch.nn.Parameter(torch.empty(3, 4, dtype=getattr(torch, dtype)))

        def call(inputs):
            return {"y": change((inputs["x"] @ kernel.mT).softmax(-1))}

        return Built(call, {"kernel": kernel})

    return Side("torch", build)


def port(candidate, reference=None, count=5, **rest):
    pair = Pair(
        "dense",
        reference or dense(),
        candidate,
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        weights=lambda options: (Weight("kernel", (3, 4), ("kernel",)),),
        **rest,
    )
    x = np.random.default_rng(1).normal(size=(count, 4)).astype(np.float32)
    return Port("small", (pair,), lambda source, seed, records: InputSet("drawn", {"x": x}))


def run(port, *roles, layer=None, config=None, folder=None):
    checker = Checker(port, port.load_inputs(None, 1, 5), Selection())
    checker.cross_checker = OnnxCrossChecker(roles or ("candidate",), folder)
    pair = port.pair(layer or port.layers[0])
    chosen = next(c for c in pair.configs if config in (None, c.name))
    return checker.run(pair, chosen, "isolated")


def printed(case):
    lines = onnx_cross_check.details(case, SIDES)
    shown = io.StringIO()
    onnx_cross_check.print_cross_checks(Console(file=shown, width=300), [case])
    return "\n".join(line.plain for line in lines) + "\n" + shown.getvalue()


@pytest.fixture
def swapped_rows(monkeypatch):
    """An exporter that exchanges two rows of the kernel."""
    right = onnx_export.export

    def wrong(*arguments):
        exported = right(*arguments)
        model = onnx.load_from_string(exported.model)
        (kernel,) = (t for t in model.graph.initializer if tuple(t.dims) == (3, 4))
        array = onnx.numpy_helper.to_array(kernel)[[1, 0, 2]]
        kernel.CopyFrom(onnx.numpy_helper.from_array(array, kernel.name))
        return replace(exported, model=model.SerializeToString())

    monkeypatch.setattr(onnx_export, "export", wrong)


@pytest.mark.slow
def test_a_right_export_agrees_by_the_same_rule(tmp_path):
    case = run(port(dense()), folder=tmp_path)
    (cross_check,) = case.cross_checks
    assert cross_check.verdict.passes
    assert cross_check.notes == ()
    (output,) = cross_check.outputs
    assert output.max_abs_err_64 is not None
    assert output.max_abs_err_64 < 1e-15
    onnx.checker.check_model(onnx.load(tmp_path / "dense.default.torch.onnx"))


@pytest.mark.slow
def test_a_wrong_export_is_seen_and_does_not_count(swapped_rows):
    case = run(port(dense()))
    (cross_check,) = case.cross_checks
    assert cross_check.verdict is Verdict.DIFFERENT
    assert case.verdict is Verdict.IDENTICAL
    assert exit_code([case.verdict]) == 0
    assert "the frameworks agree, so the exporter or onnxruntime is probably wrong" in printed(case)


@pytest.mark.slow
def test_onnx_never_outvotes_the_two():
    """The candidate is wrong, an export of the reference right: the mismatch stands."""
    case = run(port(dense(lambda y: y * 1.001)), "reference", "candidate")
    of_reference, of_candidate = case.cross_checks
    assert of_reference.verdict.passes
    assert of_candidate.verdict is Verdict.DIFFERENT
    assert exit_code([case.verdict]) == 1


@pytest.mark.slow
def test_changes_before_and_after_a_side_apply_to_its_export():
    doubled = replace(dense(), after=lambda outputs, task: {"y": outputs["y"] * 2})
    (cross_check,) = run(port(doubled)).cross_checks
    assert cross_check.verdict is Verdict.DIFFERENT


def test_a_layer_that_cannot_be_exported_goes_on_with_its_reason():
    case = run(port(dense(lambda y: y if y.sum() > 0 else -y)))
    (cross_check,) = case.cross_checks
    assert case.verdict.passes
    assert cross_check.label == "not exported"
    assert exit_code([case.verdict]) == 0
    assert "onnx (torch): not exported: GuardOnDataDependentSymNode" in printed(case)


def test_an_exempt_layer_is_not_exported(monkeypatch):
    monkeypatch.setattr(onnx_export, "export", None)
    case = run(port(dense(), no_onnx="for a test"))
    assert case.cross_checks[0].label == "exempt"
    assert "not exported to onnx: dense: for a test" in printed(case)


@pytest.mark.slow
def test_an_operation_without_float64_is_judged_by_the_weaker_bound_and_noted():
    """onnxruntime has an Erf of float32 alone."""
    case = run(port(dense(lambda y: y.erf()), dense(lambda y: y.erf())))
    (cross_check,) = case.cross_checks
    assert cross_check.verdict is Verdict.EQUIVALENT
    assert "no float64 run, so the bound is weaker: onnxruntime failed" in cross_check.notes[0]
    assert "no float64 run; bound" in cross_check.outputs[0].reason


def test_an_empty_batch_is_refused_before_it_kills_the_process():
    case = run(port(dense(), count=0))
    (cross_check,) = case.cross_checks
    assert cross_check.verdict is Verdict.NOT_COMPARED
    assert "input x is empty" in cross_check.notes[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "layer", ["gru_cell", pytest.param("multi_head_attention", marks=pytest.mark.exhaustive)]
)
def test_layers_of_gmvp_by_both_exporters(gmvp, layer):
    case = run(gmvp, "candidate", "reference", layer=layer, config="add-cov-spe-uneven")
    assert [cross_check.framework for cross_check in case.cross_checks] == ["torch", "tensorflow"]
    for cross_check in case.cross_checks:
        assert cross_check.verdict is Verdict.EQUIVALENT, cross_check
        assert cross_check.notes == ()


@pytest.mark.slow
def test_the_whole_model_for_any_batch(gmvp, tmp_path):
    (cross_check,) = run(gmvp, layer="model", config="add-cov-spe", folder=tmp_path).cross_checks
    assert cross_check.verdict is Verdict.EQUIVALENT, cross_check
    assert cross_check.notes == ()
    graph = onnx.load(tmp_path / "model.add-cov-spe.torch.onnx").graph
    assert {v.type.tensor_type.shape.dim[0].dim_param for v in graph.input} == {"batch"}


def test_every_pair_of_gmvp_is_exported_or_exempt(gmvp):
    exempt = {pair.layer for pair in gmvp.pairs if pair.no_onnx}
    forms = {pair.layer for pair in gmvp.pairs if pair.layer.endswith("_fast")}
    # The plain form of each is exported.
    assert {layer.removesuffix("_fast") for layer in forms} <= {p.layer for p in gmvp.pairs}
    others = {"learning_rate", "optimizer", "initial_values", "records", "windows"}
    others |= {"model_per_residue"}
    assert exempt == others | forms


PORT = """
import numpy as np
import parity

def build(options, dtype):
    return parity.Built(lambda inputs: {"y": inputs["x"].softmax(-1)})

def load(source, seed, count):
    return parity.InputSet("ones", {"x": np.ones((count, 3), np.float32)})

side = parity.Side("torch", build)
default = (parity.Configuration("default", {}),)
pair = parity.Pair("softmax", side, side, default, lambda given: given.inputs.arrays)
port = parity.Port("mine", (pair,), load)
"""


def parity(path, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "parity", "check", "--port", str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def port_file(tmp_path):
    path = tmp_path / "my_port.py"
    path.write_text(PORT)
    return path


@pytest.mark.slow
def test_the_command_has_a_column_more_and_keeps_the_file(port_file, tmp_path):
    kept, report = tmp_path / "kept", tmp_path / "report.json"
    result = parity(port_file, "--onnx", "--keep-onnx", str(kept), "--json", str(report))
    assert result.returncode == 0, result.stdout + result.stderr
    assert without_progress(result.stderr) == ""
    assert result.stdout.splitlines()[0].endswith("onnx (torch)")
    assert "onnx, from the candidate: 1 " in result.stdout
    assert [path.name for path in kept.iterdir()] == ["softmax.default.torch.onnx"]
    document = json.loads(report.read_text())
    assert {"onnxruntime", "onnx from torch"} < set(document["versions"])
    isolated, *_ = document["cases"]
    (said,) = isolated["onnx"]
    assert (said["role"], said["framework"]) == ("candidate", "torch")
    assert said["verdict"] in ("identical", "equivalent")
    assert said["outputs"][0]["verdict"] == said["verdict"]


@pytest.mark.slow
def test_what_would_do_nothing_is_refused_in_a_line(port_file, tmp_path):
    result = parity(port_file, "--keep-onnx", str(tmp_path / "kept"))
    assert result.returncode == 2
    assert result.stderr == (
        "error: --keep-onnx keeps exported files; add --onnx or --onnx-reference\n"
    )
    result = parity(port_file, "--onnx", "--mode", "cascade")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "only isolated layers are exported to ONNX; leave out --mode cascade" in result.stderr
    result = parity(port_file, "--onnx", "--keep-onnx", str(port_file / "kept"))
    assert result.returncode == 2
    assert result.stderr.startswith("error: cannot make the folder ")
