"""Sees the operations of a PyTorch layer as they are called, and does one of them otherwise."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from torch.overrides import TorchFunctionMode

from parity.declaring.frameworks import Call, Recorded, Way
from parity.declaring.known_bug import OtherOperation
from parity.runners.torch.alternatives import ways
from parity.runners.torch.arguments import bound_call, now


class _Mode(TorchFunctionMode):
    """Counts the calls of each kind that has other ways, and hands each to `meet`."""

    def __init__(self, meet: Callable[[str, int, dict[str, Any]], Callable[[], Any] | None]):
        super().__init__()
        self._meet = meet
        self._seen: Counter[str] = Counter()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = bound_call(func, args, kwargs or {})
        if found is not None:
            kind, bound = found
            number = self._seen[kind]
            self._seen[kind] += 1
            instead = self._meet(kind, number, bound)
            if instead is not None:
                return instead()
        return func(*args, **(kwargs or {}))


def recording(call: Call, found: list[Recorded]) -> Call:
    """`call`, with every call within it that has other ways put down in `found`."""

    def meet(kind: str, number: int, bound: dict[str, Any]) -> None:
        possible = tuple(Way(name, way.number) for name, way in ways(kind, bound).items())
        if possible:
            found.append(Recorded(kind, number, now(kind, bound), possible))

    def watched(inputs: dict[str, Any]) -> Any:
        with _Mode(meet):
            return call(inputs)

    return watched


def done_otherwise(call: Call, operation: OtherOperation) -> Call:
    """Return `call` with the operation done its other way."""

    def meet(kind: str, number: int, bound: dict[str, Any]) -> Callable[[], Any] | None:
        if kind != operation.kind or operation.index not in (None, number):
            return None
        way = ways(kind, bound).get(operation.way)
        return way.do if way else None

    def changed(inputs: dict[str, Any]) -> Any:
        with _Mode(meet):
            return call(inputs)

    return changed
