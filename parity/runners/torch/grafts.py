"""Calls of a PyTorch run with their tensors, and grafts in place of them."""

from collections.abc import Callable, Mapping
from itertools import takewhile
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from parity.declaring.frameworks import Call
from parity.declaring.grafts import Leaf, SeenCall, SeenRun
from parity.declaring.known_bug import OtherOperation
from parity.runners.torch.operations import kind_of, tensors_in
from parity.runners.torch.places import (
    caller_outside,
    find_named,
    find_written,
    is_engines_own,
)


class _Arguments:
    """A call before it is made."""

    def __init__(self, func: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self.func, self.tensors = func, list(tensors_in([args, kwargs]))
        self.leading = sum(1 for _ in takewhile(lambda one: isinstance(one, Tensor), args))

    @property
    def named(self) -> dict[str, Tensor]:
        """Return the tensors that the candidate's own code has names for."""
        return _find_named(caller_outside(__file__))


class _AllCalls(TorchFunctionMode):
    """Counts all calls that return tensors; `before` may replace one, `after` sees its results."""

    def __init__(
        self,
        before: Callable[[int, _Arguments], Callable[[], Any] | None],
        after: Callable[[int, _Arguments, list[Tensor]], None],
    ) -> None:
        super().__init__()
        self._before, self._after, self._count = before, after, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if is_engines_own(caller_outside(__file__)):
            return func(*args, **(kwargs or {}))
        arguments = _Arguments(func, args, kwargs or {})
        # What is replaced is made first, as a call may write into what it is given.
        instead = self._before(self._count, arguments)
        replaced: Tensor = instead() if instead is not None else torch.empty(0)
        versions = [(one, _version(one)) for one in arguments.tensors]
        made = func(*args, **(kwargs or {}))
        found = list(tensors_in(made))
        if not found:
            return made
        self._count += 1
        if instead is not None and isinstance(made, Tensor):
            # A call that changes nothing may return what it is given as well.
            writes = any(made is one and version != _version(one) for one, version in versions)
            made = made.copy_(replaced) if writes else replaced
            found = [made]
        self._after(self._count - 1, arguments, found)
        return made


def watching(call: Call, run: SeenRun) -> Call:
    """Return `call` so that it writes down each call within it that returns tensors."""

    def watched(inputs: dict[str, Any]) -> Any:
        numbers: dict[int, tuple[Tensor, int]] = {}

        def number(tensor: Tensor, anew: bool = False) -> int:
            if id(tensor) not in numbers or anew:
                values = tensor.detach().cpu().numpy().copy()
                numbers[id(tensor)] = (tensor, run.add_tensor(values))
            return numbers[id(tensor)][1]

        for name, value in inputs.items():
            if isinstance(value, Tensor):
                run.inputs[number(value)] = name
        given: list[tuple[int, ...]] = []

        def before(_: int, arguments: _Arguments) -> None:
            if run.overflowed:
                return
            given[:] = [tuple(number(one) for one in arguments.tensors)]

        def after(_: int, arguments: _Arguments, made: list[Tensor]) -> None:
            if run.overflowed:
                return
            names = {number(one): name for name, one in reversed(arguments.named.items())}
            written = find_written(caller_outside(__file__), arguments.func, ())
            returned = tuple(number(one, anew=True) for one in made)
            kind, leading = kind_of(arguments.func), arguments.leading
            run.calls.append(SeenCall(kind, given[0], returned, leading, names, written))

        with _AllCalls(before, after):
            return call(inputs)

    return watched


def grafted(call: Call, operation: OtherOperation) -> Call:
    """Return `call` with a graft in place of the calls that the operation names."""
    graft = operation.graft
    assert graft is not None
    fields = {name: name for name in (*graft.leaves, *graft.constants, *graft.steps)}
    steps = {**graft.steps, "": graft.text}
    codes = {
        name: compile(text.format(**fields), "<graft>", "eval") for name, text in steps.items()
    }
    needed = {leaf.call for leaf in graft.leaves.values()}

    def handled(inputs: dict[str, Any]) -> Any:
        returned: dict[int, list[Tensor]] = {}

        def before(number: int, arguments: _Arguments) -> Callable[[], Any] | None:
            if not operation.replaces(operation.kind, number):
                return None
            named = arguments.named
            held = {
                name: _found(leaf, inputs, named, arguments.tensors, returned)
                for name, leaf in graft.leaves.items()
            }
            like = next((one for one in held.values() if one.is_floating_point()), None)
            held |= {name: _tensor(array, like) for name, array in graft.constants.items()}
            return lambda: _evaluated(codes, {"torch": torch, **held})

        def after(number: int, arguments: _Arguments, made: list[Tensor]) -> None:
            if number in needed:
                # As they were: a later call may write into them.
                returned[number] = [one.clone() for one in made]

        with _AllCalls(before, after):
            return call(inputs)

    return handled


def _evaluated(codes: Mapping[str, CodeType], held: dict[str, Any]) -> Any:
    """Evaluate a graft's steps, then itself, which is the last."""
    for name, code in codes.items():
        held[name] = eval(code, held)
    return held[""]


def _found(
    leaf: Leaf,
    inputs: Mapping[str, Any],
    named: Mapping[str, Tensor],
    given: list[Tensor],
    returned: Mapping[int, list[Tensor]],
) -> Tensor:
    if leaf.input:
        found: Tensor = inputs[leaf.input]
        return found
    if leaf.name:
        return named[leaf.name]
    return given[leaf.given] if leaf.given >= 0 else returned[leaf.call][leaf.place]


def _version(tensor: Tensor) -> int:
    """Return how often a tensor has been written into."""
    return -1 if tensor.is_inference() else tensor._version


def _tensor(array: Any, like: Tensor | None) -> Tensor:
    made = torch.from_numpy(array.copy())
    return made.to(like.dtype) if like is not None and made.is_floating_point() else made


def _find_named(frame: FrameType | None) -> dict[str, Tensor]:
    """Return tensors by the source that names them: local names, then parameters of modules."""
    named = find_named(frame)
    # Behind torch's own modules and functions.
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "torch":
        frame = frame.f_back
    own = frame.f_locals.get("self") if frame is not None else None
    if isinstance(own, nn.Module):
        for path, value in (*own.named_parameters(), *own.named_buffers()):
            named.setdefault(_source(path), value)
    return named


def _source(path: str) -> str:
    """Return how a module's own code writes the path of a tensor: `net.0.weight` as net[0]."""
    parts = [f"[{part}]" if part.isdigit() else f".{part}" for part in path.split(".")]
    return "self" + "".join(parts)
