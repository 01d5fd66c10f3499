"""What every runner does alike: hand weights over, exactly once each, and take gradients home."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import draw_cotangent, perturb
from parity.declaring.trace import Task
from parity.declaring.weight import Weight
from parity.errors import StructureError, describe


def cast(array: Array, dtype: str) -> Array:
    """Floating arrays in `dtype`, others as they are."""
    return array.astype(dtype) if array.dtype.kind == "f" else array


def differentiated(task: Task, floating: Mapping[str, tuple[int, ...]]) -> Arrays:
    """The cotangent of each output that gradients are taken of.

    `floating` holds the shapes of all floating outputs. Raises StructureError if the task names an
    output that is not among them.
    """
    names = tuple(floating) if task.differentiate is None else task.differentiate
    missing = [name for name in names if name not in floating]
    if missing:
        raise StructureError(
            f"no floating output named {', '.join(missing)} to take gradients of; "
            f"there is {', '.join(floating)}"
        )
    drawn = {name: draw_cotangent(name, floating[name], task.seed) for name in names}
    if not task.perturbation:
        return drawn
    return {name: perturb(name, array, task.perturbation) for name, array in drawn.items()}


def layout(role: str, task: Task) -> dict[str, Array]:
    """The weights as a side holds them: by canonical name, or by the candidate's own keys."""
    if role == "reference":
        return dict(task.weights)
    laid_out: dict[str, Array] = {}
    for weight in task.weight_map:
        arrays = _forward(weight, task.weights[weight.name])
        for key, array in zip(weight.keys, arrays, strict=True):
            if key in laid_out:
                raise StructureError(f"the weight map gives candidate parameter '{key}' twice")
            laid_out[key] = array
    return laid_out


def _forward(weight: Weight, array: Array) -> tuple[Array, ...]:
    try:
        return weight.forward(array)
    except (ValueError, IndexError, TypeError) as error:
        # The map is the user's own code; that it fails is no fault of the candidate.
        raise StructureError(
            f"weight '{weight.name}' {array.shape} cannot be laid out as {', '.join(weight.keys)}: "
            f"the weight map's {weight.transform} failed: {describe(error)}"
        ) from error


def assign(
    parameters: Mapping[str, Any], arrays: Mapping[str, Array], put: Callable[[Any, Array], None]
) -> None:
    """Put every array into its parameter: all of both, and shapes must be equal, not broadcast."""
    left_over = [f"'{name}'" for name in parameters if name not in arrays]
    absent = [f"'{name}'" for name in arrays if name not in parameters]
    if left_over or absent:
        raise StructureError(
            "weights do not pair up: "
            + "; ".join(
                part
                for part in (
                    left_over and f"in the layer but not in the weight map: {', '.join(left_over)}",
                    absent and f"in the weight map but not in the layer: {', '.join(absent)}",
                )
                if part
            )
        )
    for name, array in arrays.items():
        shape = tuple(parameters[name].shape)
        if shape != array.shape:
            raise StructureError(
                f"weight '{name}' has shape {shape}, the weight map gives {array.shape}"
            )
        put(parameters[name], np.ascontiguousarray(array))


def homeward(role: str, task: Task, gradients: Mapping[str, Array]) -> Arrays:
    """Gradients by "input/<name>" and "weight/<a side's own key>" -> weights by canonical name.

    The candidate's are brought into the reference's layout; the reference's are there already.
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
