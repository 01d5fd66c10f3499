"""A layer as an ONNX file, in whichever framework it was written, and what exporters must keep."""

from collections.abc import Sequence
from dataclasses import dataclass

import onnx

from parity.arrays import Arrays
from parity.errors import NotExportedError, describe

BATCH = "batch"


@dataclass(frozen=True)
class Exported:
    """An ONNX model as bytes, and the names of its outputs as the layer gives them, in order.

    In the model an output may have another name, as it may share none with an input. A `note`
    says what the export could not keep.
    """

    model: bytes
    outputs: tuple[str, ...]
    note: str = ""


def batch_first(inputs: Arrays) -> bool:
    """Whether all inputs share a first axis, of more than one record, that may stay open."""
    lengths = {array.shape[0] if array.ndim else None for array in inputs.values()}
    return len(lengths) == 1 and not lengths & {None, 0, 1}


def output_names(inputs: Sequence[str], outputs: Sequence[str]) -> list[str]:
    """The outputs' names in the model: their own, or "output/<name>" where an input has it."""
    return [f"output/{name}" if name in inputs else name for name in outputs]


def finished(model: onnx.ModelProto, outputs: Sequence[str], note: str = "") -> Exported:
    """Check a model and make bytes of it; NotExportedError if it is not a valid one."""
    _name_batch(model)
    try:
        onnx.checker.check_model(model)
        return Exported(model.SerializeToString(), tuple(outputs), note)
    except Exception as error:
        raise NotExportedError(f"the exported file is not valid: {describe(error)}") from error


def _name_batch(model: onnx.ModelProto) -> None:
    """Call the open first axis of the inputs `batch`, wherever its size is told."""
    graph = model.graph
    first = [value.type.tensor_type.shape.dim[:1] for value in graph.input]
    open_axes = {dims[0].dim_param for dims in first if dims and dims[0].dim_param}
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in open_axes:
                dim.dim_param = BATCH
