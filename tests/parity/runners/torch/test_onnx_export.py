"""Export of PyTorch layers to ONNX: what torch's exporter gets wrong by itself is right here."""

import sys

import numpy as np
import onnx
import pytest
import torch

from parity.declaring.frameworks import exporter, onnx_runtime
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.declaring.weight import Weight
from parity.errors import NotExportedError, UnavailableError


def as_task(weights=(), **inputs):
    drawn = {w.name: np.full(w.shape, 0.3, np.float32) for w in weights}
    return Task({}, inputs, drawn, tuple(weights), (), seed=0)


def side(call):
    return Side("torch", lambda options, dtype: Built(lambda inputs: call(**inputs)))


def export(call, dtype="float32", **inputs):
    return exporter("torch").export(side(call), "candidate", as_task(**inputs), dtype)


def both(call, dtype="float32", **inputs):
    """Return the outputs by onnxruntime, and by torch."""
    found = onnx_runtime().run(export(call, dtype, **inputs), inputs, dtype)
    tensors = {
        name: torch.from_numpy(a.astype(dtype) if a.dtype.kind == "f" else a)
        for name, a in inputs.items()
    }
    return found, {name: value.numpy() for name, value in call(**tensors).items()}


def drawn(*shape):
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def operations(exported):
    return {node.op_type for node in onnx.load_from_string(exported.model).graph.node}


@pytest.mark.slow
def test_another_batch_and_inputs_of_every_kind():
    def call(x, codes, kept):
        return {"y": (x * kept).softmax(-1), "row": x[:, 0] + codes}

    inputs = {"x": drawn(5, 4), "codes": np.arange(5), "kept": np.ones((5, 1), bool)}
    exported = export(call, **inputs)
    graph = onnx.load_from_string(exported.model).graph
    assert [value.name for value in graph.input] == ["x", "codes", "kept"]
    assert {v.type.tensor_type.shape.dim[0].dim_param for v in graph.input} == {"batch"}
    fewer = {name: array[:2] for name, array in inputs.items()}
    found = onnx_runtime().run(exported, fewer, "float32")
    expected = call(**{name: torch.from_numpy(array) for name, array in fewer.items()})
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value.numpy(), rtol=1e-6)


def test_weights_are_the_tasks():
    layer = torch.nn.Linear(4, 3)
    weights = [Weight("weight", (3, 4), ("weight",)), Weight("bias", (3,), ("bias",))]
    dense = Side(
        "torch",
        lambda options, dtype: Built(
            lambda inputs: {"y": layer(inputs["x"])}, dict(layer.named_parameters())
        ),
    )
    task = as_task(weights, x=np.ones((2, 4), np.float32))
    found = onnx_runtime().run(
        exporter("torch").export(dense, "candidate", task, "float32"), task.inputs, "float32"
    )
    np.testing.assert_allclose(found["y"], np.full((2, 3), 1.5), rtol=1e-6)


@pytest.mark.slow
def test_a_small_constant_is_not_taken_for_zero():
    """onnxscript's optimizer would."""
    found, expected = both(lambda x: {"y": (x * 0 + 1e-12).sqrt()}, x=drawn(3, 2))
    np.testing.assert_allclose(found["y"], expected["y"], rtol=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: {"y": x / 2.8284271247461903 + 0.1},
        lambda x: {"y": x @ x.new_full((4,), 1 / 3)},
        lambda x: {"y": torch.nn.functional.leaky_relu(x, 0.2)},
    ],
    ids=["scalar", "full", "leaky_relu"],
)
def test_constants_are_float64_in_float64(call):
    found, expected = both(call, "float64", x=drawn(3, 4))
    assert found["y"].dtype == np.float64
    np.testing.assert_allclose(found["y"], expected["y"], rtol=1e-14)


def test_an_einsum_becomes_a_product():
    """onnxruntime kills the process on an Einsum of an empty batch."""
    exported = export(lambda x: {"y": torch.einsum("bij,bkj->bik", x, x)}, x=drawn(3, 2, 4))
    assert "Einsum" not in operations(exported)
    assert "MatMul" in operations(exported)


@pytest.mark.slow
def test_an_output_may_be_called_as_an_input_or_be_one():
    found, expected = both(lambda x, z: {"x": x + z, "z": z, "again": z}, x=drawn(3), z=drawn(3))
    for name in ("x", "z", "again"):
        np.testing.assert_array_equal(found[name], expected[name])


@pytest.mark.slow
def test_code_that_fixes_the_batch_is_exported_for_that_batch_and_says_so():
    def call(x):
        return {"y": x.reshape(len(x), -1) * len(x)}

    assert export(call, x=drawn(3, 2)).note.startswith("exported only for a batch of 3,")
    found, expected = both(call, x=drawn(3, 2))
    np.testing.assert_array_equal(found["y"], expected["y"])


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda x: {"y": torch.linalg.solve(x, x)}, "linalg_solve"),
        (lambda x: {"y": x if x.sum() > 0 else -x}, "data-dependent"),
    ],
    ids=["no such operation", "no such graph"],
)
def test_what_cannot_be_exported_says_why_in_a_line_and_nothing_else(call, reason, capfd):
    with pytest.raises(NotExportedError, match=reason) as raised:
        export(call, x=drawn(3, 3))
    assert "\n" not in str(raised.value)
    assert capfd.readouterr() == ("", "")


def test_an_export_that_works_is_silent_too(capfd):
    export(lambda x: {"y": x.exp()}, x=drawn(3, 2))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("module", "get", "extra"),
    [
        ("onnxruntime", lambda: onnx_runtime(), "onnx"),
        ("onnx", lambda: exporter("torch"), "onnx"),
        ("tf2onnx", lambda: exporter("tensorflow"), "tf2onnx"),
    ],
)
def test_what_is_not_installed_is_named_with_the_way_to_get_it(monkeypatch, module, get, extra):
    for name in (
        "onnx.runtime",
        "torch.onnx_export",
        "tensorflow.onnx_export",
        "onnx.exported",
    ):
        monkeypatch.delitem(sys.modules, f"parity.runners.{name}", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnavailableError, match=rf"^{module} is not installed.*\[{extra}\]'$"):
        get()


def test_there_is_no_exporter_from_numpy():
    with pytest.raises(NotExportedError, match="no exporter to ONNX from numpy"):
        exporter("numpy")
