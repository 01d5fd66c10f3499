"""Runner of sides built in TensorFlow."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.boundary_watch import BoundaryWatch
from parity.declaring.constants import ConstantChanges
from parity.declaring.float32_watch import Float32Watch
from parity.declaring.operation_watch import OperationWatch
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task, Trace
from parity.runners.constants import ChangingTracker, Tracker, track
from parity.runners.outputs import arrays, leaves
from parity.runners.quiet import quiet
from parity.runners.tensorflow.keras_dtype import default_dtype
from parity.runners.training_session import NoSession, Session
from parity.runners.transfer import assign, cast, cotangents, in_reference_layout, weights_for

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with quiet():
    import tensorflow as tf

__all__ = ["run", "tf", "version"]


def version() -> str:
    """Return the version of TensorFlow."""
    return str(tf.__version__)


def put(variable: tf.Variable, array: Array) -> None:
    """Assign an array to a variable, cast to its dtype."""
    variable.assign(array.astype(variable.dtype.as_numpy_dtype))


def tensor(array: Array, dtype: str) -> tf.Tensor:
    """Return a tensor, in `dtype` if it is floating."""
    return tf.constant(cast(array, dtype))


def numbers(value: object) -> Array:
    """Copy the values of a tensor, variable or number to an array.

    bfloat16, which numpy lacks, becomes float32; sparse gradients (IndexedSlices) become dense.
    """
    held = tf.convert_to_tensor(value)
    return np.array(tf.cast(held, tf.float32) if held.dtype == tf.bfloat16 else held)


def enable_gradients() -> AbstractContextManager[None]:
    """Do nothing: a tape takes gradients anywhere."""
    return nullcontext()


def run(
    side: Side, role: str, task: Task, dtype: str, constants: ConstantChanges | None = None
) -> Trace:
    """Build the side in `dtype`, assign the task's weights, run it, and differentiate if asked.

    With `constants`, it is built and run with its constants changed.
    """
    with track_constants(constants) as tracker:
        session = _session(role, task)
        with tracker.building(), session.building():
            built = side.build(task.options, dtype)
        with tracker.given():
            assign(built.parameters, weights_for(role, task), put)
            inputs = {name: tensor(array, dtype) for name, array in task.inputs.items()}
        with default_dtype(dtype), session.calling(built):
            outputs, gradients = _compute(role, built, inputs, task, dtype, tracker)
            # Here, where running statistics are not restored yet: an output may be one.
            named = arrays(outputs, dtype, numbers)
            state = session.finish(built, lambda: built.call(dict(inputs)))
    return Trace(
        "tensorflow",
        version(),
        dtype,
        {**named, **state},
        gradients,
        {name: tuple(value.shape) for name, value in built.parameters.items()},
        {k: "bfloat16" for k, v in outputs.items() if getattr(v, "dtype", None) == tf.bfloat16},
        trained=session.trained,
        untrained=tuple(
            name for name, held in built.parameters.items() if not getattr(held, "trainable", True)
        ),
    )


def _session(role: str, task: Task) -> Session:
    """Return the side's training mode, if the task asks for it."""
    if task.training is None:
        return NoSession()
    from parity.runners.tensorflow.training_mode import TrainingSession

    return TrainingSession(role, task, numbers)


def track_constants(constants: ConstantChanges | None) -> AbstractContextManager[Tracker]:
    """Change the constants of the block, if asked; gives what marks inputs and weights as data."""

    def make(changes: ConstantChanges) -> ChangingTracker:
        if isinstance(changes, Float32Watch):
            from parity.runners.tensorflow.float32_watch import Float32Tracker

            return Float32Tracker(changes)
        if isinstance(changes, BoundaryWatch):
            from parity.runners.tensorflow.boundary_watch import BoundaryTracker

            return BoundaryTracker(changes)
        if isinstance(changes, OperationWatch):
            from parity.runners.tensorflow.operation_watch import OperationTracker

            return OperationTracker(changes)
        from parity.runners.tensorflow.constants import ConstantTracker

        return ConstantTracker(changes)

    return track(constants, make)


def _compute(
    role: str,
    built: Built,
    inputs: dict[str, tf.Tensor],
    task: Task,
    dtype: str,
    tracker: Tracker,
) -> tuple[dict[str, Any], Arrays]:
    """Return the outputs, and the gradients in the reference's layout if the task asks for any."""
    if task.differentiate is not None and not task.differentiate:
        return leaves(built.call(inputs)), {}
    wanted = {name: value for name, value in inputs.items() if name not in task.constant}
    roots = {name: value for name, value in wanted.items() if value.dtype.is_floating}
    with tf.GradientTape() as tape:
        for value in roots.values():
            tape.watch(value)
        outputs = leaves(built.call(inputs))
        floating = {k: tuple(v.shape) for k, v in outputs.items() if _floating(v)}
        drawn = cotangents(task, floating)
        targets = [outputs[name] for name in drawn]
    sources = {
        **{f"input/{name}": value for name, value in roots.items()},
        **{f"weight/{name}": variable for name, variable in built.parameters.items()},
    }
    with tracker.given():
        factors = [
            tf.cast(cast(factor, dtype), outputs[name].dtype) for name, factor in drawn.items()
        ]
    with tracker.differentiating():
        gradients = tape.gradient(
            targets,
            sources,
            output_gradients=factors,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
    return outputs, in_reference_layout(role, task, arrays(gradients, dtype, numbers))


def _floating(value: Any) -> bool:
    return tf.is_tensor(value) and bool(value.dtype.is_floating)
