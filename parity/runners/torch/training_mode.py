"""Training mode of a PyTorch side: modules in `train()`, and dropout's masks handed in.

A mask is a tensor of the noise's shape filled by `bernoulli_(1 - p)`, whichever way dropout was
called: as a module or function, inside of attention or of a recurrent layer. It is replaced there.
Other random operations are noticed by their tag.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode

from parity.arrays import Array, Arrays
from parity.declaring.port import Built
from parity.declaring.trace import Task
from parity.declaring.training_mode import MaskChange, Trained, training_mode
from parity.runners.torch.dispatched import values_of
from parity.runners.training_session import (
    MaskSource,
    find_objects,
    numbers_of,
    state_after,
    states_after_steps,
)

_aten = torch.ops.aten
_FILLED = (_aten.empty_like, _aten.new_empty, _aten.empty, _aten.full_like, _aten.new_full)


class TrainingSession:
    """A side in training mode, from its building to its last step."""

    def __init__(self, role: str, task: Task, numbers: Callable[[Any], Array]) -> None:
        assert task.training is not None
        self._role, self._task, self._convert = role, task, numbers
        self._masks = MaskSource(task.training, role, task.seed)
        self._buffers: list[tuple[str, Tensor, Tensor]] = []
        self._unmapped: tuple[str, ...] = ()
        # Whether a call of `eval` is the declaration's.
        self._noted = False

    @contextmanager
    def building(self) -> Iterator[None]:
        """Let the factory know that it builds for training."""
        with training_mode():
            yield

    @contextmanager
    def calling(self, built: Built) -> Iterator[None]:
        """Switch every module that the call refers to, or calls, to training; restore them."""
        roots = find_objects(built.call, nn.Module)
        modules = list(dict.fromkeys(module for root in roots for module in root.modules()))
        flags = {module: module.training for module in modules}
        self._buffers = [
            (name, buffer, buffer.detach().clone())
            for root in roots
            for name, buffer in root.named_buffers()
        ]
        # Within a module, a submodule may stay in evaluation on purpose: its own `train` decides.
        inner = {id(part) for root in roots for part in root.modules() if part is not root}
        for root in roots:
            if id(root) not in inner:
                root.train()
        known = {id(module) for module in modules}
        hook = register_module_forward_pre_hook(self._switching(known, flags))
        evaluate = nn.Module.eval
        self._noted = True
        nn.Module.eval = self._noting(evaluate)  # type: ignore[method-assign, assignment]
        try:
            with training_mode(), _Masks(self._masks):
                yield
            self._unmapped = self._changed_buffers(built)
        finally:
            nn.Module.eval = evaluate  # type: ignore[method-assign]
            hook.remove()
            for module, flag in flags.items():
                module.training = flag
            with torch.no_grad():
                for _, buffer, before in self._buffers:
                    buffer.copy_(before)

    def _switching(self, known: set[int], flags: dict[nn.Module, bool]) -> Callable[..., None]:
        """Return a hook that switches modules which the search did not find."""

        def switch(module: nn.Module, args: object) -> None:
            if id(module) not in known:
                for part in module.modules():
                    known.add(id(part))
                    flags.setdefault(part, part.training)
                # A module that keeps a part of itself in evaluation does so by its own design.
                self._noted = False
                module.train()
                self._noted = True

        return switch

    def _noting(self, evaluate: Callable[[nn.Module], nn.Module]) -> Callable[..., nn.Module]:
        def noted(module: nn.Module) -> nn.Module:
            if self._noted:
                self._masks.frozen.append(type(module).__name__)
            return evaluate(module)

        return noted

    def finish(self, built: Built, again: Callable[[], object]) -> Arrays:
        """Return the weights that training changes, after each of the steps."""
        with torch.no_grad():
            return states_after_steps(self._task, self._masks, partial(self._state, built), again)

    def _state(self, built: Built, step: int) -> Arrays:
        return state_after(
            self._role, self._task, numbers_of(built.parameters, self._convert), step
        )

    @property
    def trained(self) -> Trained:
        """Return what the run found."""
        return self._masks.trained(self._unmapped)

    def _changed_buffers(self, built: Built) -> tuple[str, ...]:
        """Name the floating buffers that are not among the parameters and that have changed."""
        mapped = {id(value) for value in built.parameters.values()}
        return tuple(
            name
            for name, buffer, before in self._buffers
            if id(buffer) not in mapped
            and buffer.is_floating_point()
            and not torch.equal(buffer, before)
        )


class _Masks(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fills the noise of each dropout with a given mask."""

    def __init__(self, masks: MaskSource) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._masks = masks
        # The tensor that was made last to hold noise, and the one that it is for.
        self._noise: tuple[Tensor, Tensor | None] | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        packet = func.overloadpacket
        if packet is _aten.bernoulli_ and len(args) > 1 and isinstance(args[1], float):
            return self._fill(args[0], 1 - args[1])
        if packet is _aten.bernoulli_ and len(args) == 1 and not kwargs.get("p"):
            return self._fill(args[0], 0.5)
        if func is _aten.bernoulli.default:
            return self._fill(torch.empty_like(args[0]), 1 - args[0])
        if func is _aten.bernoulli.p:
            return self._fill(torch.empty_like(args[0]), 1 - args[1])
        if packet is _aten.native_dropout and (len(args) < 3 or args[2] is not False):
            return self._native(args[0], args[1])
        random = torch.Tag.nondeterministic_seeded in func.tags
        if random and packet is not _aten.native_dropout and not self._masks.random:
            self._masks.random = func.name()
        out = func(*args, **kwargs)
        if packet in _FILLED:
            source = args[0] if args and isinstance(args[0], Tensor) else None
            self._noise = (out, source)
        return out

    def _fill(self, noise: Tensor, rate: "float | Tensor") -> Tensor:
        source = self._noise[1] if self._noise and self._noise[0] is noise else None
        number = float(rate.double().mean()) if isinstance(rate, Tensor) else float(rate)
        numbers, change = self._masks.draw(
            number, tuple(noise.shape), lambda: None if source is None else values_of(source)
        )
        return noise.copy_(_kept(numbers, rate, number, change))

    def _native(self, x: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        numbers, change = self._masks.draw(rate, tuple(x.shape), lambda: values_of(x))
        kept = _kept(numbers, rate, rate, change)
        return x * kept.to(x.dtype) * (1 / (1 - rate)), kept != 0


def _kept(
    numbers: Array, rate: "float | Tensor", number: float, change: MaskChange | None
) -> Tensor:
    """Return the noise: 1 where kept, or what undoes the rate's own scale under a hypothesis."""
    if change is None:
        return (torch.from_numpy(numbers.copy()) >= rate).double()
    if change.rate is None:
        return torch.full(numbers.shape, 1 - number, dtype=torch.float64)
    used = torch.from_numpy((numbers if change.numbers is None else change.numbers).copy())
    return (used >= change.rate).double() * (change.scale * (1 - number) / (1 - change.rate))
