"""Runs plain functions of numpy arrays; no weights and no gradients."""

import numpy as np

from parity.port import Side
from parity.runners.common import cast
from parity.trace import Task, Trace


def version() -> str:
    """The version of numpy."""
    return np.__version__


def run(side: Side, task: Task, dtype: str) -> Trace:
    """Call the function on the task's inputs, floating ones in `dtype`."""
    built = side.build(task.options, dtype)
    outputs = built.call({name: cast(array, dtype) for name, array in task.inputs.items()})
    return Trace("numpy", version(), dtype, {k: np.asarray(v) for k, v in outputs.items()})
