"""Other inputs for a task, on which causes that tie on the given ones may differ."""

from dataclasses import replace

import numpy as np

from parity.arrays import Array
from parity.declaring.trace import Task


def reverse_records(task: Task) -> Task:
    """Return the task with its records in reverse order.

    Two hypotheses that tie on these records may differ on others.
    """
    return replace(task, inputs={name: _reverse(array) for name, array in task.inputs.items()})


def enlarge(task: Task) -> Task:
    """Return the task with floating inputs of 16 times the size.

    Two hypotheses may differ only for numbers that are larger than the given ones.
    """
    larger = {k: a * np.float32(16) if a.dtype.kind == "f" else a for k, a in task.inputs.items()}
    return replace(task, inputs=larger)


def zeros_and_ones(task: Task) -> Task:
    """Return the task with floating inputs of 1 above their median and 0 below.

    Few candidates raise on such inputs.
    """
    return replace(task, inputs={name: _binarise(array) for name, array in task.inputs.items()})


def same_inputs(one: Task, other: Task) -> bool:
    """Return whether two tasks have the same inputs."""
    return all(
        np.array_equal(array, other.inputs[name], equal_nan=array.dtype.kind == "f")
        for name, array in one.inputs.items()
    )


def _reverse(array: Array) -> Array:
    return np.ascontiguousarray(array[::-1]) if array.ndim else array


def _binarise(array: Array) -> Array:
    if array.dtype.kind != "f" or not array.size:
        return array
    binary: Array = (array > np.nanmedian(array)).astype(array.dtype)
    return binary
