"""Hooks that record the calls of a torch module's layers, and may exchange what they return."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn

from parity.errors import StructureError
from parity.runners.torch.layers import Calls
from parity.runners.whole_models import LayerCall, first_tensor


def recorder(
    path: str, calls: Calls, instead: Tensor | None, strict: bool
) -> Callable[..., object]:
    """Return a hook that records the first call of a layer, and may pass on another output."""

    def record(
        module: nn.Module, args: tuple[object, ...], kwargs: dict[str, object], returned: object
    ) -> object:
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
        output = first_tensor(returned, Tensor)
        again = path in calls
        if not again and tensors and output is not None:
            # Copies: later operations may change them in place.
            calls[path] = LayerCall([value.clone() for value in tensors], output.clone())
        if instead is None:
            return None
        try:
            return _instead(path, returned, instead, again)
        except StructureError:
            if strict:
                raise
            return None

    return record


def _instead(path: str, returned: object, instead: Tensor, again: bool) -> object:
    """Return what a layer returned, with its only tensor exchanged."""
    alone = isinstance(returned, Tensor)
    first, *others = [returned] if alone else returned if type(returned) is tuple else [None]
    several = first_tensor(others, Tensor) is not None
    if again or several or not isinstance(first, Tensor) or first.shape != instead.shape:
        raise StructureError(
            f"the candidate's layer '{path}' cannot return the reference's output for its own"
        )
    return instead if alone else (instead, *others)


def ends_in_others(module: nn.Module) -> bool:
    """Return whether a layer has weights itself and calls others without any, as an activation.

    A normalization that also activates is one.
    """
    inner = [part for part in module.modules() if part is not module]
    own = any(True for _ in module.parameters(recurse=False))
    return own and bool(inner) and not any(part._parameters or part._buffers for part in inner)


@contextmanager
def passing_before_others(
    path: str, module: nn.Module, calls: Calls, instead: Tensor
) -> Iterator[None]:
    """Let what a layer calls last be given another tensor than the layer's own, in its first call.

    What the layer computed before that is recorded as its output.
    """
    given: list[Tensor] = []

    def begin(module: nn.Module, args: tuple[object, ...]) -> None:
        given[:] = [value for value in args if isinstance(value, Tensor)]

    def exchange(inner: nn.Module, args: tuple[object, ...]) -> object:
        first = args[0] if args else None
        if path in calls or not given or not isinstance(first, Tensor):
            return None
        if first.shape != instead.shape or any(first is value for value in given):
            return None
        calls[path] = LayerCall([value.clone() for value in given], first.clone())
        return instead.clone(), *args[1:]

    with ExitStack() as hooks:
        hooks.callback(module.register_forward_pre_hook(begin).remove)
        for inner in module.children():
            hooks.callback(inner.register_forward_pre_hook(exchange).remove)
        yield
