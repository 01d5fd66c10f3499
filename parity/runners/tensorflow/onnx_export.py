"""Exports a side built in TensorFlow to ONNX, by tf2onnx."""

import logging
from typing import Any

import onnx
import tensorflow as tf

from parity.declaring.port import Side
from parity.declaring.trace import Task
from parity.errors import NotExportedError, describe
from parity.runners.common import assign, cast, layout
from parity.runners.onnx.exported import Exported, batch_first, finished
from parity.runners.quiet import silent

with silent():
    import tf2onnx

    from parity.runners.tensorflow.tf2onnx_gaps import HANDLERS

# tf2onnx 1.17 refuses 21; the same as of torch's export.
OPSET = 18


def version() -> str:
    """The versions of all that makes the file."""
    return f"tensorflow {tf.__version__}, onnx {onnx.__version__}, tf2onnx {tf2onnx.__version__}"


def export(side: Side, role: str, task: Task, dtype: str) -> Exported:
    """Build the side in `dtype`, give it the task's weights, and export it.

    The first axis stays open where all inputs share it. Raises NotExportedError, with the reason,
    for a layer that tf2onnx cannot convert.
    """
    built = side.build(task.options, dtype)
    assign(
        built.parameters,
        layout(role, task),
        lambda variable, array: variable.assign(cast(array, dtype)),
    )
    outputs: list[str] = []

    def call(*tensors: Any) -> list[Any]:
        named = built.call(dict(zip(task.inputs, tensors, strict=True)))
        outputs[:] = named
        # An output that is an input as it came must still be a node of its own.
        return [tf.identity(value) for value in named.values()]

    signature = _signature(task, dtype)
    complaints = _Complaints()
    with silent(), complaints:
        try:
            model, _ = tf2onnx.convert.from_function(
                tf.function(call, input_signature=signature),
                input_signature=signature,
                opset=OPSET,
                custom_op_handlers=dict(HANDLERS),
            )
        except Exception as error:
            raise NotExportedError(_last_line(error)) from error
    if complaints.unsupported:
        raise NotExportedError(f"tf2onnx: {complaints.unsupported}")
    return finished(model, outputs)


def _last_line(error: Exception) -> str:
    """What TensorFlow says in the end; above it stands the way through the user's code."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines[:1] == ["in user code:"] else describe(error)


def _signature(task: Task, dtype: str) -> list[Any]:
    open_first = batch_first(task.inputs)
    return [
        tf.TensorSpec(
            (None, *array.shape[1:]) if open_first else array.shape,
            cast(array, dtype).dtype,
            name=name,
        )
        for name, array in task.inputs.items()
    ]


class _Complaints(logging.Handler):
    """Sees what tf2onnx says of operations that it has no ONNX for; it then goes on without."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.unsupported = ""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().strip().splitlines()[0]
        if "nsupported op" in text or "Failed to convert" in text:
            self.unsupported = self.unsupported or text

    def __enter__(self) -> None:
        logging.getLogger("tf2onnx").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("tf2onnx").removeHandler(self)
