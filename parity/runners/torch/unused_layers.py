"""Layers that a candidate has and does not use, where its own code could call them."""

from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from parity.runners.torch.operations import tensors_in
from parity.runners.torch.places import candidates_own

Unused = Callable[[FrameType | None], Mapping[str, nn.Module]]
"""Returns the unused layers that the code of a frame can call, by how it would name them."""


class _Given(TorchFunctionMode):
    """Notes the tensors that any function is given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen.update(id(one) for one in tensors_in([args, kwargs or {}]))
        return func(*args, **(kwargs or {}))


def find_unused(call: Callable[[], Any]) -> Unused:
    """Make a call, and return what knows the layers none of whose weights it used.

    A layer that the call itself makes is not known to be unused.
    """
    held: dict[int, nn.Parameter] = {}

    def note(module: nn.Module, inputs: object) -> None:
        held.update({id(one): one for one in module.parameters()})

    hook = register_module_forward_pre_hook(note)
    try:
        with _Given() as given:
            call()
    finally:
        hook.remove()
    unused = {number: one for number, one in held.items() if number not in given.seen}

    def of(frame: FrameType | None) -> Mapping[str, nn.Module]:
        own = candidates_own(frame) if unused else None
        module = own.f_locals.get("self") if own is not None else None
        if not isinstance(module, nn.Module):
            return {}
        return {
            f"self.{name}": child
            for name, child in module.named_children()
            if _is_among(child, unused)
        }

    return of


def _is_among(module: nn.Module, unused: Mapping[int, nn.Parameter]) -> bool:
    parameters = list(module.parameters())
    return bool(parameters) and all(id(one) in unused for one in parameters)
