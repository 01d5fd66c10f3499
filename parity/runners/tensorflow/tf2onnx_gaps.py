"""TensorFlow operations that tf2onnx 1.17 has no ONNX for, or none in float64."""

from typing import Any

import numpy as np
from onnx import TensorProto
from tf2onnx.onnx_opset.tensor import OneHot


def _log1p(graph: Any, node: Any, name: str, _: Any) -> None:
    """log(1 + x) as x * log(u) / (u - 1) with u = 1 + x, or x itself where u is 1.

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


def _one_hot(graph: Any, node: Any, name: str, _: Any) -> None:
    """tf2onnx's own, which is for float32 alone, and cast where the layer wants float64."""
    output, dtype = node.output[0], graph.get_dtype(node.output[0])
    if dtype == TensorProto.DOUBLE:
        for value in node.input[2:4]:
            graph.insert_new_node_on_input(node, "Cast", value, to=TensorProto.FLOAT)
        graph.set_dtype(output, TensorProto.FLOAT)
    OneHot.version_13(graph, node)
    if dtype == TensorProto.DOUBLE:
        cast = graph.insert_new_node_on_output("Cast", output, name=f"{name}_cast", to=dtype)
        graph.set_dtype(cast.output[0], dtype)
        graph.copy_shape(output, cast.output[0])


HANDLERS: dict[str, tuple[Any, list[Any]]] = {"Log1p": (_log1p, []), "OneHot": (_one_hot, [])}
