"""Runs a side built in TensorFlow."""

import os
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task, Trace
from parity.runners.common import assign, cast, differentiated, homeward, layout
from parity.runners.outputs import arrays, leaves
from parity.runners.quiet import quiet
from parity.runners.tensorflow.keras_dtype import default_dtype

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with quiet():
    import tensorflow as tf

__all__ = ["run", "tf", "version"]


def version() -> str:
    """The version of TensorFlow."""
    return str(tf.__version__)


def put(variable: Any, array: Array) -> None:
    """Give a variable its values, cast to its dtype."""
    variable.assign(array.astype(variable.dtype.as_numpy_dtype))


def tensor(array: Array, dtype: str) -> Any:
    """A tensor, in `dtype` if it is floating."""
    return tf.constant(cast(array, dtype))


def numbers(value: Any) -> Array:
    """The values of a tensor, variable or number, as a copy.

    bfloat16, which numpy has not, as float32; gradients of gathered rows are made whole.
    """
    held = tf.convert_to_tensor(value)
    return np.array(tf.cast(held, tf.float32) if held.dtype == tf.bfloat16 else held)


def run(side: Side, role: str, task: Task, dtype: str) -> Trace:
    """Build the side in `dtype`, give it the task's weights, run it, and differentiate if asked."""
    built = side.build(task.options, dtype)
    assign(built.parameters, layout(role, task), put)
    inputs = {name: tensor(array, dtype) for name, array in task.inputs.items()}
    shapes = {name: tuple(value.shape) for name, value in built.parameters.items()}
    with default_dtype(dtype):
        outputs, gradients = _computed(role, built, inputs, task, dtype)
    return _trace(outputs, gradients, dtype, shapes)


def _computed(
    role: str, built: Built, inputs: dict[str, Any], task: Task, dtype: str
) -> tuple[dict[str, Any], Arrays]:
    """The outputs, and the gradients in the reference's layout; none if the task asks for none."""
    if task.differentiate is not None and not task.differentiate:
        return leaves(built.call(inputs)), {}
    roots = {name: value for name, value in inputs.items() if value.dtype.is_floating}
    with tf.GradientTape() as tape:
        for value in roots.values():
            tape.watch(value)
        outputs = leaves(built.call(inputs))
        floating = {k: tuple(v.shape) for k, v in outputs.items() if _floating(v)}
        cotangents = differentiated(task, floating)
        targets = [outputs[name] for name in cotangents]
    wanted = {
        **{f"input/{name}": value for name, value in roots.items()},
        **{f"weight/{name}": variable for name, variable in built.parameters.items()},
    }
    gradients = tape.gradient(
        targets,
        wanted,
        output_gradients=[
            tf.cast(cast(factor, dtype), outputs[name].dtype) for name, factor in cotangents.items()
        ],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    return outputs, homeward(role, task, arrays(gradients, dtype, numbers))


def _floating(value: Any) -> bool:
    return tf.is_tensor(value) and bool(value.dtype.is_floating)


def _trace(
    outputs: dict[str, Any], gradients: Arrays, dtype: str, shapes: dict[str, tuple[int, ...]]
) -> Trace:
    narrow = {k: "bfloat16" for k, v in outputs.items() if getattr(v, "dtype", None) == tf.bfloat16}
    named = arrays(outputs, dtype, numbers)
    return Trace("tensorflow", version(), dtype, named, gradients, shapes, narrow)
