"""Export of sides built in TensorFlow to ONNX, by tf2onnx."""

import logging
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from onnx import TensorProto

from parity.declaring.port import Side
from parity.declaring.trace import Task
from parity.errors import NotExportedError, describe
from parity.runners.onnx.exported import OPSET, Exported, batch_first, finished
from parity.runners.quiet import silent
from parity.runners.tensorflow import put
from parity.runners.transfer import assign, cast, weights_for

with silent():
    import tf2onnx
    from tf2onnx.graph import Graph, Node
    from tf2onnx.onnx_opset.tensor import OneHot


def version() -> str:
    """Return the versions of everything that writes the file."""
    return f"tensorflow {tf.__version__}, onnx {onnx.__version__}, tf2onnx {tf2onnx.__version__}"


def export(side: Side, role: str, task: Task, dtype: str) -> Exported:
    """Build the side in `dtype`, assign the task's weights, and export it.

    The first axis is dynamic where all inputs share it. Raises NotExportedError, with the reason,
    for a layer that tf2onnx cannot convert.
    """
    built = side.build(task.options, dtype)
    assign(built.parameters, weights_for(role, task), put)
    outputs: list[str] = []

    def call(*tensors: tf.Tensor) -> list[tf.Tensor]:
        named = built.call(dict(zip(task.inputs, tensors, strict=True)))
        outputs[:] = named
        # An input returned as an output must still be a node of its own.
        return [tf.identity(value) for value in named.values()]

    signature = _signature(task, dtype)
    complaints = _Complaints()
    with silent(), complaints:
        try:
            model, _ = tf2onnx.convert.from_function(
                tf.function(call, input_signature=signature),
                input_signature=signature,
                opset=OPSET,
                custom_op_handlers={"Log1p": (_log1p, []), "OneHot": (_one_hot, [])},
            )
        except Exception as error:
            raise NotExportedError(_last_line(error)) from error
    if complaints.unsupported:
        raise NotExportedError(f"tf2onnx: {complaints.unsupported}")
    return finished(model, outputs)


def _last_line(error: Exception) -> str:
    """Return TensorFlow's actual message, which follows the traceback through the user's code."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines[:1] == ["in user code:"] else describe(error)


def _signature(task: Task, dtype: str) -> list[tf.TensorSpec]:
    dynamic = batch_first(task.inputs)
    return [
        tf.TensorSpec(
            (None, *array.shape[1:]) if dynamic else array.shape,
            cast(array, dtype).dtype,
            name=name,
        )
        for name, array in task.inputs.items()
    ]


class _Complaints(logging.Handler):
    """Log handler that keeps tf2onnx's messages about unsupported operations; it does not raise."""

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


# Operations for which tf2onnx 1.17 has no ONNX, or none in float64.


def _log1p(graph: Graph, node: Node, name: str, _: Any) -> None:
    """Write log(1 + x) as x * log(u) / (u - 1) with u = 1 + x, or as x itself where u is 1.

    Exact to a few roundings for small x too, where log(u) by itself loses all digits (D. Goldberg,
    What every computer scientist should know about floating-point arithmetic, theorem 4).
    """
    (x,), (output,) = node.input, node.output
    dtype, shape = graph.get_dtype(output), graph.get_shape(output)
    number = np.float64 if dtype == TensorProto.DOUBLE else np.float32

    def make(operation: str, *inputs: str, kind: int = dtype) -> str:
        made = graph.make_node(operation, list(inputs), shapes=[shape], dtypes=[kind])
        return str(made.output[0])

    one = graph.make_const(f"{name}_one", number(1)).output[0]
    zero = graph.make_const(f"{name}_zero", number(0)).output[0]
    u = make("Add", x, one)
    rest = make("Sub", u, one)
    quotient = make("Mul", x, make("Div", make("Log", u), rest))
    vanishes = make("Equal", rest, zero, kind=TensorProto.BOOL)
    graph.remove_node(node.name)
    graph.make_node(
        "Where",
        [vanishes, x, quotient],
        outputs=[output],
        name=name,
        shapes=[shape],
        dtypes=[dtype],
    )


def _one_hot(graph: Graph, node: Node, name: str, _: Any) -> None:
    """Use tf2onnx's own handler, which is for float32 alone, with casts where float64 is wanted."""
    output, dtype = node.output[0], graph.get_dtype(node.output[0])
    if dtype == TensorProto.DOUBLE:
        for value in node.input[2:4]:
            graph.insert_new_node_on_input(node, "Cast", value, to=TensorProto.FLOAT)
        graph.set_dtype(output, TensorProto.FLOAT)
    OneHot.version_13(graph, node)
    if dtype == TensorProto.DOUBLE:
        cast_node = graph.insert_new_node_on_output("Cast", output, name=f"{name}_cast", to=dtype)
        graph.set_dtype(cast_node.output[0], dtype)
        graph.copy_shape(output, cast_node.output[0])
