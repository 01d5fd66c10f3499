"""Operations of TensorFlow in float64 where they are given or return float32."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.arrays import Array
from parity.runners.quiet import quiet
from parity.runners.tensorflow import tf

with quiet():
    from tensorflow.python.eager import context
    from tensorflow.python.framework import constant_op, op_def_registry

_FLOAT, _DOUBLE = tf.float32.as_datatype_enum, tf.float64.as_datatype_enum


def widened(
    kind: str, inputs: Sequence[Any], exact: Sequence[Array | None], attrs: Sequence[Any] | None
) -> tuple[list[Any], tuple[Any, ...]]:
    """Return inputs and attributes of an operation with float64 in the place of float32.

    So a cast to float32 is none. What knows no float64 fails when it is run.

    Args:
        kind: the operation.
        inputs: its inputs.
        exact: the values in float64 of each, if it was rounded to float32.
        attrs: its attributes, each name followed by the value.
    """
    wide = [_wide(tensor, values) for tensor, values in zip(inputs, exact, strict=True)]
    types = {attr.name for attr in op_def_registry.get(kind).attr if attr.type == "type"}
    given = list(attrs or ())
    for name, number in zip(given[::2], range(1, len(given), 2), strict=True):
        if name in types and given[number] == _FLOAT:
            given[number] = _DOUBLE
    return wide, tuple(given)


def _wide(tensor: Any, exact: Array | None) -> Any:
    if exact is not None:
        return as_double(exact)
    return as_double(tensor.numpy()) if tensor.dtype == tf.float32 else tensor


def as_double(values: Array) -> tf.Tensor:
    """Return a float64 tensor that no tracker of constants sees being made."""
    return constant_op.ops.EagerTensor(
        np.asarray(values, np.float64), context.context().device_name, _DOUBLE
    )
