"""Runs a side built in TensorFlow."""

import os
from typing import Any

from parity.port import Array, Side
from parity.runners.common import assign, cast, differentiated, homeward, layout
from parity.runners.quiet import quiet
from parity.trace import Task, Trace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with quiet():
    import tensorflow as tf

__all__ = ["run", "tf", "version"]


def version() -> str:
    """The version of TensorFlow."""
    return str(tf.__version__)


def run(side: Side, role: str, task: Task, dtype: str) -> Trace:
    """Build the side in `dtype`, give it the task's weights, run it, and differentiate if asked."""
    built = side.build(task.options, dtype)
    assign(
        built.parameters,
        layout(role, task),
        lambda variable, array: variable.assign(cast(array, dtype)),
    )
    inputs = {name: tf.constant(cast(array, dtype)) for name, array in task.inputs.items()}
    shapes = {name: tuple(value.shape) for name, value in built.parameters.items()}
    if task.differentiate is not None and not task.differentiate:
        named = _arrays(built.call(inputs))
        return Trace("tensorflow", version(), dtype, named, parameter_shapes=shapes)

    leaves = {name: value for name, value in inputs.items() if value.dtype.is_floating}
    with tf.GradientTape() as tape:
        for value in leaves.values():
            tape.watch(value)
        outputs = built.call(inputs)
        floating = {k: tuple(v.shape) for k, v in outputs.items() if v.dtype.is_floating}
        cotangents = differentiated(task, floating)
        roots = [outputs[name] for name in cotangents]
    wanted = {
        **{f"input/{name}": value for name, value in leaves.items()},
        **{f"weight/{name}": variable for name, variable in built.parameters.items()},
    }
    gradients = tape.gradient(
        roots,
        wanted,
        output_gradients=[tf.constant(cast(factor, dtype)) for factor in cotangents.values()],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    found = homeward(role, task, _arrays(gradients))
    return Trace("tensorflow", version(), dtype, _arrays(outputs), found, shapes)


def _arrays(tensors: Any) -> dict[str, Array]:
    return {name: tf.convert_to_tensor(value).numpy() for name, value in tensors.items()}
