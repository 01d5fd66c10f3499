"""Transfer of arrays to and from a side: weights in, each exactly once, and gradients back."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import draw_cotangent, perturb
from parity.declaring.trace import Task
from parity.declaring.weight import Weight
from parity.errors import StructureError, describe


class Parameter(Protocol):
    """A tensor or variable of any framework."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the dimensions."""


ParameterT = TypeVar("ParameterT", bound=Parameter)


def cast(array: Array, dtype: str) -> Array:
    """Cast a floating array to `dtype`; return any other unchanged."""
    return array.astype(dtype) if array.dtype.kind == "f" else array


def cotangents(task: Task, floating: Mapping[str, tuple[int, ...]]) -> Arrays:
    """Draw the cotangent of each output to be differentiated.

    `floating` holds the shapes of all floating outputs. Raises StructureError if the task names an
    output that is not among them.
    """
    if task.cotangents is not None:
        return task.cotangents(floating)
    names = tuple(floating) if task.differentiate is None else task.differentiate
    missing = [name for name in names if name not in floating]
    if missing:
        raise StructureError(
            f"no floating output named {', '.join(missing)} to differentiate; "
            f"floating outputs: {', '.join(floating)}"
        )
    drawn = {name: draw_cotangent(name, floating[name], task.seed) for name in names}
    if not task.perturbation:
        return drawn
    return {name: perturb(name, array, task.perturbation) for name, array in drawn.items()}


def weights_for(role: str, task: Task) -> dict[str, Array]:
    """Return the task's weights by the side's own names: canonical ones or the candidate's keys."""
    if role == "reference":
        return dict(task.weights)
    laid_out: dict[str, Array] = {}
    for weight in task.weight_map:
        arrays = _forward(weight, task.weights[weight.name])
        for key, array in zip(weight.keys, arrays, strict=True):
            if key in laid_out:
                raise StructureError(f"the weight map names candidate parameter '{key}' twice")
            laid_out[key] = array
    return laid_out


def _forward(weight: Weight, array: Array) -> tuple[Array, ...]:
    try:
        return weight.forward(array)
    except (ValueError, IndexError, TypeError) as error:
        # The map is the user's own code: its failure is not the candidate's fault.
        raise StructureError(
            f"weight '{weight.name}' {array.shape} cannot be laid out as {', '.join(weight.keys)}: "
            f"the weight map's {weight.transform} failed: {describe(error)}"
        ) from error


def assign(
    parameters: Mapping[str, ParameterT],
    arrays: Mapping[str, Array],
    put: Callable[[ParameterT, Array], None],
) -> None:
    """Put each array into its parameter.

    Raises StructureError if the names do not match one to one, or if a shape differs: nothing is
    broadcast.
    """
    unmapped = [f"'{name}'" for name in parameters if name not in arrays]
    absent = [f"'{name}'" for name in arrays if name not in parameters]
    problems = []
    if unmapped:
        problems.append(f"in the layer but not in the weight map: {', '.join(unmapped)}")
    if absent:
        problems.append(f"in the weight map but not in the layer: {', '.join(absent)}")
    if problems:
        raise StructureError(f"weights do not pair up: {'; '.join(problems)}")
    for name, array in arrays.items():
        shape = tuple(parameters[name].shape)
        if shape != array.shape:
            raise StructureError(
                f"weight '{name}' has shape {shape}, but the weight map gives {array.shape}"
            )
        # `ascontiguousarray` would make a scalar a vector of one.
        put(parameters[name], np.asarray(array, order="C"))


def in_reference_layout(role: str, task: Task, gradients: Mapping[str, Array]) -> Arrays:
    """Return gradients in the reference's layout, those of weights by canonical name.

    `gradients` is by "input/<name>" and "weight/<the side's own key>".
    """
    if role == "reference":
        return dict(gradients)
    of_inputs = {name: array for name, array in gradients.items() if name.startswith("input/")}
    of_weights = {
        f"weight/{weight.name}": weight.inverse(
            tuple(gradients[f"weight/{key}"] for key in weight.keys)
        )
        for weight in task.weight_map
    }
    return {**of_inputs, **of_weights}
