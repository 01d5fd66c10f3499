"""Recording of a PyTorch layer's calls, and replacement of one by an alternative."""

from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from parity.declaring.frameworks import Call, Recorded, Way
from parity.declaring.known_bug import OtherOperation
from parity.runners.torch.alternatives import alternatives
from parity.runners.torch.grafts import grafted, watching
from parity.runners.torch.operations import (
    Bound,
    Earlier,
    bind_call,
    describe_call,
    parameters_of,
    writes_input,
)
from parity.runners.torch.places import (
    caller_outside,
    find_named,
    find_written,
    is_engines_own,
    noting_modules,
)
from parity.runners.torch.repairs import repairs
from parity.runners.torch.repairs.forgotten import MARK
from parity.runners.torch.unused_layers import Unused, find_unused

__all__ = ["done_otherwise", "noting_modules", "recording", "watching"]

# Earlier calls of a run whose operands and results are kept, for those that take them instead.
_REMEMBERED = 32
# Called with the kind, index and arguments of a call; returns what to do instead, if anything.
Handler = Callable[[str, int, Bound], Callable[[], Any] | None]


class _Mode(TorchFunctionMode):
    """Counts the calls of each kind that has alternatives, and passes each to a handler."""

    def __init__(self, handler: Handler, inputs: dict[str, Any]) -> None:
        super().__init__()
        self._handler, self._inputs = handler, inputs
        self._seen: Counter[str] = Counter()
        self._earlier: deque[Earlier] = deque(maxlen=_REMEMBERED)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = bind_call(func, args, kwargs or {})
        if found is None or is_engines_own(caller_outside(__file__)):
            return func(*args, **(kwargs or {}))
        kind, bound = found
        index = self._seen[kind]
        self._seen[kind] += 1
        bound["earlier"], bound["inputs"] = self._earlier, self._inputs
        instead = self._handler(kind, index, bound)
        made = instead() if instead is not None else func(*args, **(kwargs or {}))
        if writes_input(bound):
            return made if instead is None else _written(bound["input"], made)
        if isinstance(made, Tensor):
            given, other = bound["input"], bound.get("other")
            self._earlier.append(Earlier(kind, index, given, other, made, bound["again"]))
        return made


def _written(target: Tensor, made: Any) -> Any:
    """Return what was made instead of a call that writes into its input, written there too."""
    fits = isinstance(made, Tensor) and made.shape == target.shape
    return target.copy_(made) if fits else made


def recording(
    call: Call,
    found: list[Recorded],
    numbers: tuple[float, ...] = (),
    with_repairs: bool = True,
) -> Call:
    """Return `call` so that it appends every call within it that has alternatives to `found`."""
    unused: list[Unused] = []

    def handler(kind: str, index: int, bound: Bound) -> None:
        frame = caller_outside(__file__)
        bound["named"], bound["numbers"] = find_named(frame), numbers
        bound["unused"] = unused[0](frame) if unused else {}
        known, others = alternatives(bound), repairs(bound) if with_repairs else {}
        ways = tuple(Way(name, way.number, False, way.edit) for name, way in known.items())
        ways += tuple(Way(name, way.number, True, way.edit) for name, way in others.items())
        if ways:
            written = find_written(frame, bound["function"], parameters_of(kind))
            found.append(Recorded(kind, index, describe_call(bound), ways, written))

    handled = _under(handler, call)

    def noted(inputs: dict[str, Any]) -> Any:
        # Some candidates make their modules only when they are called.
        with noting_modules():
            if with_repairs:
                unused.append(find_unused(partial(call, _copied(inputs))))
            return handled(inputs)

    return noted


def done_otherwise(call: Call, operation: OtherOperation) -> Call:
    """Return `call` with the operation replaced by its alternative."""
    if operation.graft is not None:
        return grafted(call, operation)

    unused: list[Unused] = []

    def handler(kind: str, index: int, bound: Bound) -> Callable[[], Any] | None:
        if not operation.replaces(kind, index):
            return None
        frame = caller_outside(__file__)
        bound["named"], bound["numbers"] = find_named(frame), operation.numbers
        bound["unused"] = unused[0](frame) if unused else {}
        way = alternatives(bound).get(operation.way) or repairs(bound).get(operation.way)
        return way.do if way else None

    handled = _under(handler, call)

    def calling_unused(inputs: dict[str, Any]) -> Any:
        unused[:] = [find_unused(partial(call, _copied(inputs)))]
        return handled(inputs)

    return calling_unused if MARK in operation.way else handled


def _copied(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return inputs that a run may change."""
    return {k: v.clone() if isinstance(v, Tensor) else v for k, v in inputs.items()}


def _under(handler: Handler, call: Call) -> Call:
    def handled(inputs: dict[str, Any]) -> Any:
        with _Mode(handler, inputs):
            return call(inputs)

    return handled
