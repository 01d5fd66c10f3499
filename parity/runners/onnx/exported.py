"""Form of a layer exported to ONNX, the same for every framework's exporter."""

from collections.abc import Sequence
from dataclasses import dataclass

import onnx

from parity.arrays import Arrays
from parity.errors import NotExportedError, describe

# For both exporters: with 17 torch writes a file that the checker refuses; tf2onnx 1.17 refuses 21.
OPSET = 18
BATCH = "batch"


@dataclass(frozen=True)
class Exported:
    """An ONNX model as bytes, and its outputs' names as the layer has them, in order.

    Within the model an output may have another name, since it must not share one with an input.
    `note` says what the export could not preserve.
    """

    model: bytes
    outputs: tuple[str, ...]
    note: str = ""


def batch_first(inputs: Arrays) -> bool:
    """Return whether all inputs share a first axis, longer than 1, that may be left dynamic."""
    lengths = {array.shape[0] if array.ndim else None for array in inputs.values()}
    return len(lengths) == 1 and not lengths & {None, 0, 1}


def finished(model: onnx.ModelProto, outputs: Sequence[str], note: str = "") -> Exported:
    """Check a model and serialize it; raises NotExportedError if it is not valid."""
    _name_batch(model)
    try:
        onnx.checker.check_model(model)
        return Exported(model.SerializeToString(), tuple(outputs), note)
    except Exception as error:
        raise NotExportedError(f"the exported file is not valid: {describe(error)}") from error


def _name_batch(model: onnx.ModelProto) -> None:
    """Name the dynamic first axis of the inputs `batch` wherever it occurs."""
    graph = model.graph
    first = [value.type.tensor_type.shape.dim[:1] for value in graph.input]
    dynamic = {dims[0].dim_param for dims in first if dims and dims[0].dim_param}
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in dynamic:
                dim.dim_param = BATCH
