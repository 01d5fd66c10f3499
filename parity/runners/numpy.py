"""Runner of plain functions of numpy arrays; no weights and no gradients."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np

from parity.arrays import Array
from parity.declaring.constants import ConstantChanges
from parity.declaring.port import Side
from parity.declaring.trace import Task, Trace
from parity.errors import StructureError
from parity.runners.outputs import arrays, changed_inputs, leaves
from parity.runners.transfer import cast


def version() -> str:
    """Return the version of numpy."""
    return np.__version__


def put(parameter: Array, array: Array) -> None:
    """Set an array's values in place, cast to its dtype."""
    parameter[...] = array


def tensor(array: Array, dtype: str) -> Array:
    """Return a copy, in `dtype` if it is floating."""
    return cast(array, dtype).copy()


def numbers(value: Array) -> Array:
    """Return a copy."""
    return np.array(value)


def enable_gradients() -> AbstractContextManager[None]:
    """Do nothing: numpy takes no gradients."""
    return nullcontext()


def run(
    side: Side, role: str, task: Task, dtype: str, constants: ConstantChanges | None = None
) -> Trace:
    """Call the function on the task's inputs, floating ones in `dtype`.

    Its `constants` cannot be seen, and so none is changed.

    Raises StructureError if the pair has weights, which a plain function cannot hold.
    """
    built = side.build(task.options, dtype)
    if task.weights or built.parameters:
        raise StructureError(f"the {role} is a plain numpy function and cannot have weights")
    # Copies on both sides of the call: a function may change its inputs, or return one of them.
    inputs = {name: tensor(array, dtype) for name, array in task.inputs.items()}
    outputs = arrays(leaves(built.call(dict(inputs))), dtype, numbers)
    before = {name: cast(array, dtype) for name, array in task.inputs.items()}
    return Trace("numpy", version(), dtype, outputs, changed=changed_inputs(before, inputs))
