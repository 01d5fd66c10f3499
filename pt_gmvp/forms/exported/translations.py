"""Operations that torch's own translation to ONNX rounds on the way, translated exactly.

In float32 both give the same. In float64 torch's constants come by way of float32, and ONNX keeps
the slope of a LeakyRelu in it. The engine has the like
(parity/runners/torch/onnx_export.py), but the port may not know it.
"""

from collections.abc import Callable
from typing import Any

import torch
from onnx import TensorProto, helper
from onnxscript import opset18 as op


def _constant(value: float, dtype: int = -1, **_: Any) -> Any:
    kind = dtype if dtype != -1 else TensorProto.FLOAT
    return op.Constant(value=helper.make_tensor("value", kind, [], [value]))


def _full(size: Any, fill_value: float, dtype: int = -1, **_: Any) -> Any:
    return op.Expand(_constant(fill_value, dtype), op.Cast(size, to=TensorProto.INT64))


def _leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    if x.dtype != TensorProto.DOUBLE:
        return op.LeakyRelu(x, alpha=negative_slope)
    zero, slope = (_constant(value, TensorProto.DOUBLE) for value in (0.0, negative_slope))
    return op.Where(op.Less(x, zero), op.Mul(x, slope), x)


EXACT: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.aten.full.default: _full,
    torch.ops.aten.scalar_tensor.default: _constant,
    torch.ops.aten.leaky_relu.default: _leaky_relu,
}
