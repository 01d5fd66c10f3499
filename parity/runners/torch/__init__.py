"""Runs a side built in PyTorch."""

from typing import Any

import torch

from parity.arrays import Array, Arrays
from parity.declaring.port import Side
from parity.declaring.trace import Task, Trace
from parity.runners.common import assign, cast, differentiated, homeward, layout
from parity.runners.outputs import arrays, changed_inputs, leaves


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


def numbers(value: Any) -> Array:
    """The values of a tensor or a number, as a copy; bfloat16, which numpy has not, as float32."""
    held = torch.as_tensor(value).detach().cpu().resolve_conj().resolve_neg()
    array: Array = (held.float() if held.dtype == torch.bfloat16 else held).numpy().copy()
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
            outputs = leaves(built.call(dict(inputs)))
        return _trace(outputs, {}, _changed(task, inputs, dtype), dtype, shapes)

    roots = {k: v.requires_grad_() for k, v in inputs.items() if v.is_floating_point()}
    # The call gets copies, as a layer that changes its input in place may not have a leaf.
    copies = {name: value.clone() for name, value in inputs.items()}
    outputs = leaves(built.call(dict(copies)))
    wanted = {
        **{f"input/{name}": leaf for name, leaf in roots.items()},
        **{f"weight/{key}": parameter for key, parameter in built.parameters.items()},
    }
    found = homeward(role, task, _gradients(outputs, wanted, task, dtype))
    return _trace(outputs, found, _changed(task, copies, dtype), dtype, shapes)


def _changed(task: Task, handed: dict[str, torch.Tensor], dtype: str) -> tuple[str, ...]:
    before = {name: cast(array, dtype) for name, array in task.inputs.items()}
    return changed_inputs(before, {name: numbers(held) for name, held in handed.items()})


def _trace(
    outputs: dict[str, Any],
    gradients: Arrays,
    changed: tuple[str, ...],
    dtype: str,
    shapes: dict[str, tuple[int, ...]],
) -> Trace:
    narrow = {
        k: "bfloat16" for k, v in outputs.items() if getattr(v, "dtype", None) == torch.bfloat16
    }
    named = arrays(outputs, dtype, numbers)
    return Trace("torch", version(), dtype, named, gradients, shapes, narrow, changed)


def _floating(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _gradients(
    outputs: Any, wanted: dict[str, torch.Tensor], task: Task, dtype: str
) -> dict[str, Array]:
    floating = {k: tuple(v.shape) for k, v in outputs.items() if _floating(v)}
    cotangents = differentiated(task, floating)
    roots = [(outputs[name], cotangents[name]) for name in cotangents]
    roots = [(output, factor) for output, factor in roots if output.requires_grad]
    # An output that hangs on nothing differentiable has no gradient; what hangs on no output gets
    # zeros, as on the reference's side.
    # Nor has what is no parameter, such as running statistics.
    watched = {name: held for name, held in wanted.items() if held.requires_grad}
    found: tuple[torch.Tensor | None, ...] = (None,) * len(watched)
    if roots and watched:
        factors = [tensor(factor, dtype).to(output.dtype) for output, factor in roots]
        found = torch.autograd.grad(
            [output for output, _ in roots],
            list(watched.values()),
            grad_outputs=factors,
            allow_unused=True,
        )
    given = {name: g for name, g in zip(watched, found, strict=True) if g is not None}
    return {
        name: numbers(given[name] if name in given else torch.zeros_like(held))
        for name, held in wanted.items()
    }
