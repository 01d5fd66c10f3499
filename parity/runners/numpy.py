"""Runs plain functions of numpy arrays; no weights and no gradients."""

import numpy as np

from parity.arrays import Array
from parity.declaring.port import Side
from parity.declaring.trace import Task, Trace
from parity.errors import StructureError
from parity.runners.common import cast
from parity.runners.outputs import arrays, changed_inputs, leaves


def version() -> str:
    """The version of numpy."""
    return np.__version__


def put(parameter: Array, array: Array) -> None:
    """Give an array its values in place, cast to its dtype."""
    parameter[...] = array


def tensor(array: Array, dtype: str) -> Array:
    """A copy, in `dtype` if it is floating."""
    return cast(array, dtype).copy()


def numbers(value: Array) -> Array:
    """A copy."""
    return np.array(value)


def run(side: Side, role: str, task: Task, dtype: str) -> Trace:
    """Call the function on the task's inputs, floating ones in `dtype`.

    Raises StructureError if the pair has weights, which a plain function cannot hold.
    """
    built = side.build(task.options, dtype)
    if task.weights or built.parameters:
        raise StructureError(f"the {role} is a plain function of numpy, and cannot hold weights")
    # Copies on both sides of the call: a function may change what it is given, or give it back.
    inputs = {name: tensor(array, dtype) for name, array in task.inputs.items()}
    outputs = arrays(leaves(built.call(dict(inputs))), dtype, numbers)
    before = {name: cast(array, dtype) for name, array in task.inputs.items()}
    return Trace("numpy", version(), dtype, outputs, changed=changed_inputs(before, inputs))
