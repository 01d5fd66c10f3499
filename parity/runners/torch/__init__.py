"""Runner of sides built in PyTorch."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeGuard

import torch

from parity.arrays import Array
from parity.declaring.boundary_watch import BoundaryWatch
from parity.declaring.constants import ConstantChanges
from parity.declaring.float32_watch import Float32Watch
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task, Trace
from parity.runners.constants import ChangingTracker, Tracker, track
from parity.runners.outputs import arrays, changed_inputs, leaves
from parity.runners.training_session import NoSession, Session
from parity.runners.transfer import assign, cast, cotangents, in_reference_layout, weights_for


def version() -> str:
    """Return the version of torch."""
    return str(torch.__version__)


def put(parameter: torch.Tensor, array: Array) -> None:
    """Copy an array into a parameter, cast to its dtype."""
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(array))


def tensor(array: Array, dtype: str) -> torch.Tensor:
    """Return a tensor with memory of its own, in `dtype` if it is floating."""
    return torch.from_numpy(cast(array, dtype).copy())


def numbers(value: object) -> Array:
    """Copy the values of a tensor or number to an array; bfloat16 becomes float32."""
    held = torch.as_tensor(value).detach().cpu().resolve_conj().resolve_neg()
    array: Array = (held.float() if held.dtype == torch.bfloat16 else held).numpy().copy()
    return array


def enable_gradients() -> AbstractContextManager[None]:
    """Let code of the block take gradients, also where a run takes none."""
    return torch.enable_grad()


def track_constants(constants: ConstantChanges | None) -> AbstractContextManager[Tracker]:
    """Change the constants of the block, if asked; gives what marks inputs and weights as data."""

    def make(changes: ConstantChanges) -> ChangingTracker:
        if isinstance(changes, Float32Watch):
            from parity.runners.torch.float32_watch import Float32Tracker

            return Float32Tracker(changes)
        if isinstance(changes, BoundaryWatch):
            from parity.runners.torch.boundary_watch import BoundaryTracker

            return BoundaryTracker(changes)
        from parity.runners.torch.constants import ConstantTracker

        return ConstantTracker(changes)

    return track(constants, make)


def run(
    side: Side, role: str, task: Task, dtype: str, constants: ConstantChanges | None = None
) -> Trace:
    """Build the side in `dtype`, assign the task's weights, run it, and differentiate if asked.

    With `constants`, it is built and run with its constants changed. What was scripted runs as it
    is written: from the second call on, TorchScript's optimizer would hold leaky_relu's slope in
    float32 when it differentiates, in float64 too.
    """
    with (
        torch.jit.optimized_execution(False),  # type: ignore[attr-defined]
        track_constants(constants) as tracker,
        ExitStack() as held,
    ):
        return _run(side, role, task, dtype, tracker, held)


def _run(side: Side, role: str, task: Task, dtype: str, tracker: Tracker, held: ExitStack) -> Trace:
    session = _session(role, task)
    with tracker.building(), session.building():
        built = side.build(task.options, dtype)
    with tracker.given():
        held.enter_context(tracker.holding(built.parameters.values()))
        assign(built.parameters, weights_for(role, task), put)
        inputs = {name: tensor(array, dtype) for name, array in task.inputs.items()}
    with session.calling(built):
        outputs, gradients, inputs = _compute(role, built, inputs, task, dtype, tracker)
        # Here, where running statistics are not restored yet: an output may be one.
        named = arrays(outputs, dtype, numbers)
        state = session.finish(
            built, lambda: built.call({k: tensor(v, dtype) for k, v in task.inputs.items()})
        )
    before = {name: cast(array, dtype) for name, array in task.inputs.items()}
    return Trace(
        "torch",
        version(),
        dtype,
        {**named, **state},
        dict(gradients),
        {key: tuple(value.shape) for key, value in built.parameters.items()},
        {k: "bfloat16" for k, v in outputs.items() if getattr(v, "dtype", None) == torch.bfloat16},
        changed_inputs(before, {name: numbers(value) for name, value in inputs.items()}),
        session.trained,
        tuple(key for key, value in built.parameters.items() if not value.requires_grad),
    )


def _session(role: str, task: Task) -> Session:
    """Return the side's training mode, if the task asks for it."""
    if task.training is None:
        return NoSession()
    from parity.runners.torch.training_mode import TrainingSession

    return TrainingSession(role, task, numbers)


def _compute(
    role: str,
    built: Built,
    inputs: dict[str, torch.Tensor],
    task: Task,
    dtype: str,
    tracker: Tracker,
) -> tuple[dict[str, Any], Mapping[str, Array], dict[str, torch.Tensor]]:
    """Return the outputs, the gradients in the reference's layout, and the inputs as they were."""
    gradients: Mapping[str, Array] = {}
    if task.differentiate is None or task.differentiate:
        wanted = {k: v for k, v in inputs.items() if k not in task.constant}
        roots = {k: v.requires_grad_() for k, v in wanted.items() if v.is_floating_point()}
        # The call gets copies: a leaf that requires a gradient must not be changed in place.
        inputs = {name: value.clone() for name, value in inputs.items()}
        outputs = leaves(built.call(dict(inputs)))
        sources = {
            **{f"input/{name}": leaf for name, leaf in roots.items()},
            **{f"weight/{key}": parameter for key, parameter in built.parameters.items()},
        }
        found = _gradients(outputs, sources, task, dtype, tracker)
        gradients = in_reference_layout(role, task, found)
    else:
        with torch.no_grad():
            outputs = leaves(built.call(dict(inputs)))
    return outputs, gradients, inputs


def _floating(value: object) -> TypeGuard[torch.Tensor]:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _gradients(
    outputs: Mapping[str, Any],
    sources: Mapping[str, torch.Tensor],
    task: Task,
    dtype: str,
    tracker: Tracker,
) -> dict[str, Array]:
    """Differentiate the outputs; where none depends on a source, it gets zeros as in TensorFlow."""
    drawn = cotangents(task, {k: tuple(v.shape) for k, v in outputs.items() if _floating(v)})
    roots = [(outputs[name], factor) for name, factor in drawn.items()]
    roots = [(output, factor) for output, factor in roots if output.requires_grad]
    # Neither have buffers, such as running statistics, a gradient.
    watched = {name: source for name, source in sources.items() if source.requires_grad}
    found: tuple[torch.Tensor | None, ...] = (None,) * len(watched)
    if roots and watched:
        with tracker.given():
            factors = [tensor(factor, dtype).to(output.dtype) for output, factor in roots]
        found = torch.autograd.grad(
            [output for output, _ in roots],
            list(watched.values()),
            grad_outputs=factors,
            allow_unused=True,
        )
    given = {name: g for name, g in zip(watched, found, strict=True) if g is not None}
    return {
        name: numbers(given[name] if name in given else torch.zeros_like(source))
        for name, source in sources.items()
    }
