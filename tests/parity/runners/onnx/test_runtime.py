"""Running exported layers: names, dtypes, unused inputs, and inputs that kill onnxruntime."""

import numpy as np
import onnx
import pytest

from parity.arrays import Arrays
from parity.runners.onnx.exported import finished
from parity.runners.onnx.runtime import run


@pytest.fixture
def doubled():
    """A file whose output `output/x` the layer calls x."""
    value = onnx.helper.make_tensor_value_info
    dims = ["batch", 2]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["x", "x"], ["output/x"])],
        "graph",
        [value("x", onnx.TensorProto.DOUBLE, dims)],
        [value("output/x", onnx.TensorProto.DOUBLE, dims)],
    )
    opset = onnx.helper.make_opsetid("", 18)
    return finished(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9), ["x"])


def test_outputs_have_the_layers_names_and_unused_inputs_are_dropped(doubled):
    inputs: Arrays = {"x": np.ones((3, 2), np.float32), "unused": np.ones(1)}
    found = run(doubled, inputs, "float64")
    assert list(found) == ["x"]
    assert found["x"].dtype == np.float64
    assert (found["x"] == 2).all()


def test_an_input_of_another_dtype_is_refused(doubled):
    with pytest.raises(Exception, match="Unexpected input data type"):
        run(doubled, {"x": np.ones((3, 2), np.float32)}, "float32")


def test_an_empty_batch_never_reaches_onnxruntime(doubled):
    with pytest.raises(ValueError, match="empty input"):
        run(doubled, {"x": np.empty((0, 2), np.float32)}, "float64")
