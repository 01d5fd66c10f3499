"""Hooks that record the calls of a torch module's layers, and may exchange what they return."""

from collections.abc import Callable

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
