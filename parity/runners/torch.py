"""Runs a side built in PyTorch."""

from typing import Any

import torch

from parity.port import Array, Side
from parity.runners.common import assign, candidate_layout, cast, differentiated, homeward
from parity.trace import Task, Trace


def version() -> str:
    """The version of torch."""
    return str(torch.__version__)


def _put(parameter: torch.Tensor, array: Array) -> None:
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(array))


def _array(tensor: torch.Tensor) -> Array:
    array: Array = tensor.detach().cpu().numpy()
    return array


def run(side: Side, task: Task, dtype: str) -> Trace:
    """Build the side in `dtype`, give it the task's weights, run it, and differentiate if asked."""
    built = side.build(task.options, dtype)
    assign(built.parameters, candidate_layout(task), _put)
    inputs = {
        name: torch.from_numpy(cast(array, dtype).copy()) for name, array in task.inputs.items()
    }
    shapes = {key: tuple(value.shape) for key, value in built.parameters.items()}
    wants_gradients = task.differentiate is None or bool(task.differentiate)
    if not wants_gradients:
        with torch.no_grad():
            outputs = built.call(inputs)
        named = {name: _array(value) for name, value in outputs.items()}
        return Trace("torch", version(), dtype, named, parameter_shapes=shapes)

    leaves = {k: v.requires_grad_() for k, v in inputs.items() if v.is_floating_point()}
    outputs = built.call(inputs)
    gradients = _gradients(outputs, leaves, dict(built.parameters), task, dtype)
    named = {name: _array(value) for name, value in outputs.items()}
    return Trace("torch", version(), dtype, named, gradients, shapes)


def _gradients(
    outputs: Any,
    leaves: dict[str, torch.Tensor],
    parameters: dict[str, torch.Tensor],
    task: Task,
    dtype: str,
) -> dict[str, Array]:
    floating = {k: tuple(v.shape) for k, v in outputs.items() if v.is_floating_point()}
    cotangents = differentiated(task, floating)
    roots = [(outputs[name], cotangents[name]) for name in cotangents]
    roots = [(output, factor) for output, factor in roots if output.requires_grad]
    wanted = [*leaves.values(), *parameters.values()]
    # An output that hangs on nothing differentiable has no gradient; what hangs on no output gets
    # zeros, as on the reference's side.
    found: tuple[torch.Tensor | None, ...] = (None,) * len(wanted)
    if roots and wanted:
        factors = [torch.from_numpy(cast(factor, dtype)) for _, factor in roots]
        found = torch.autograd.grad(
            [output for output, _ in roots], wanted, grad_outputs=factors, allow_unused=True
        )
    arrays = [
        _array(torch.zeros_like(tensor) if gradient is None else gradient)
        for tensor, gradient in zip(wanted, found, strict=True)
    ]
    of_inputs = {f"input/{name}": array for name, array in zip(leaves, arrays, strict=False)}
    of_keys = dict(zip(parameters, arrays[len(leaves) :], strict=True))
    return {
        **of_inputs,
        **{f"weight/{name}": array for name, array in homeward(task, of_keys).items()},
    }
