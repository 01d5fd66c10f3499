"""Runs a side built in PyTorch."""

from typing import Any

import torch

from parity.port import Array, Side
from parity.runners.common import assign, cast, differentiated, homeward, layout
from parity.trace import Task, Trace


def version() -> str:
    """The version of torch."""
    return str(torch.__version__)


def put(parameter: torch.Tensor, array: Array) -> None:
    """Give a parameter its values, cast to its dtype."""
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(array))


def tensor(array: Array, dtype: str) -> torch.Tensor:
    """A tensor of its own, in `dtype` if it is floating."""
    return torch.from_numpy(cast(array, dtype).copy())


def numbers(tensor: torch.Tensor) -> Array:
    """The values of a tensor, as a copy."""
    array: Array = tensor.detach().cpu().numpy().copy()
    return array


def run(side: Side, role: str, task: Task, dtype: str) -> Trace:
    """Build the side in `dtype`, give it the task's weights, run it, and differentiate if asked."""
    built = side.build(task.options, dtype)
    assign(built.parameters, layout(role, task), put)
    inputs = {name: tensor(array, dtype) for name, array in task.inputs.items()}
    shapes = {key: tuple(value.shape) for key, value in built.parameters.items()}
    wants_gradients = task.differentiate is None or bool(task.differentiate)
    if not wants_gradients:
        with torch.no_grad():
            outputs = built.call(inputs)
        named = {name: numbers(value) for name, value in outputs.items()}
        return Trace("torch", version(), dtype, named, parameter_shapes=shapes)

    leaves = {k: v.requires_grad_() for k, v in inputs.items() if v.is_floating_point()}
    # The call gets copies, as a layer that changes its input in place may not have a leaf.
    outputs = built.call({name: value.clone() for name, value in inputs.items()})
    wanted = {
        **{f"input/{name}": leaf for name, leaf in leaves.items()},
        **{f"weight/{key}": parameter for key, parameter in built.parameters.items()},
    }
    found = _gradients(outputs, wanted, task, dtype)
    named = {name: numbers(value) for name, value in outputs.items()}
    return Trace("torch", version(), dtype, named, homeward(role, task, found), shapes)


def _gradients(
    outputs: Any, wanted: dict[str, torch.Tensor], task: Task, dtype: str
) -> dict[str, Array]:
    floating = {k: tuple(v.shape) for k, v in outputs.items() if v.is_floating_point()}
    cotangents = differentiated(task, floating)
    roots = [(outputs[name], cotangents[name]) for name in cotangents]
    roots = [(output, factor) for output, factor in roots if output.requires_grad]
    # An output that hangs on nothing differentiable has no gradient; what hangs on no output gets
    # zeros, as on the reference's side.
    # Nor has what is no parameter, such as running statistics.
    leaves = {name: held for name, held in wanted.items() if held.requires_grad}
    found: tuple[torch.Tensor | None, ...] = (None,) * len(leaves)
    if roots and leaves:
        factors = [torch.from_numpy(cast(factor, dtype)) for _, factor in roots]
        found = torch.autograd.grad(
            [output for output, _ in roots],
            list(leaves.values()),
            grad_outputs=factors,
            allow_unused=True,
        )
    given = {name: g for name, g in zip(leaves, found, strict=True) if g is not None}
    return {
        name: numbers(given[name] if name in given else torch.zeros_like(held))
        for name, held in wanted.items()
    }
