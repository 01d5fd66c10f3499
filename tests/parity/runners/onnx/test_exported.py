"""What both exporters share: which axis is dynamic, its name, and that the file is valid."""

import numpy as np
import onnx
import pytest

from parity.errors import NotExportedError
from parity.runners.onnx.exported import batch_first, finished


@pytest.mark.parametrize(
    ("shapes", "dynamic"),
    [
        ([(3, 4), (3,)], True),
        ([(3, 4), (2, 4)], False),
        ([(3, 4), ()], False),
        ([(1, 4)], False),
        ([(0, 4)], False),
        ([], False),
    ],
)
def test_the_batch_is_a_first_axis_of_all_inputs(shapes, dynamic):
    inputs = {str(number): np.zeros(shape) for number, shape in enumerate(shapes)}
    assert batch_first(inputs) is dynamic


def model(operation, dims):
    shape = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(operation, ["x"], ["y"])],
        "graph",
        [shape("x", onnx.TensorProto.FLOAT, dims)],
        [shape("y", onnx.TensorProto.FLOAT, dims)],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)])


def test_the_dynamic_axis_is_named_batch_wherever_it_occurs():
    exported = finished(model("Exp", ["s0", 3]), ["y"], "a note")
    graph = onnx.load_from_string(exported.model).graph
    for value in (*graph.input, *graph.output):
        dims = value.type.tensor_type.shape.dim
        assert (dims[0].dim_param, dims[1].dim_value) == ("batch", 3)
    assert (exported.outputs, exported.note) == (("y",), "a note")


def test_a_file_that_is_not_valid_is_refused():
    with pytest.raises(NotExportedError, match="the exported file is not valid"):
        finished(model("NoSuchOperation", [2, 3]), ["y"])
