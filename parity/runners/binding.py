"""Binding of a model's inputs to the arguments of its call, whatever these are named."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from parity.errors import describe

ValueT = TypeVar("ValueT")
Arguments = tuple[list[Any], dict[str, Any]]

# Parameter names that say nothing about the input, so that a user may name it otherwise.
_GENERIC = ("x", "input", "inputs", "args", "kwargs", "tensor", "data")


@dataclass(frozen=True)
class CallSignature:
    """Parameters of a call: their names, how they are written, and whether it takes any others."""

    names: tuple[str, ...]
    written: tuple[str, ...]
    open: bool = False

    @classmethod
    def of(cls, function: Callable[..., object], left_out: Sequence[str] = ()) -> "CallSignature":
        """Read the signature of a function, without `self` and the parameters left out."""
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            return cls((), ("...",), open=True)
        several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        shown = [one for one in parameters if one.name not in ("self", *left_out)]
        return cls(
            tuple(one.name for one in shown if one.kind not in several),
            tuple(str(one.replace(annotation=one.empty)) for one in shown),
            any(one.kind in several for one in shown),
        )

    def __str__(self) -> str:
        """Return the parameters as they are written in a definition."""
        return f"({', '.join(self.written)})"

    def without(self, name: str) -> "CallSignature":
        """Return the signature without one of its parameters."""
        kept = [one for one in self.written if one.partition("=")[0].strip() != name]
        return CallSignature(tuple(n for n in self.names if n != name), tuple(kept), self.open)

    def refuses(self, name: str) -> bool:
        """Return whether an input of this name is certainly not one of the call's."""
        generic = not self.names or any(own in _GENERIC for own in self.names)
        return not (self.open or generic or name in self.names)


def bind_inputs(
    parameters: Sequence[str], names: Sequence[str], values: Sequence[ValueT]
) -> tuple[list[ValueT], dict[str, ValueT]]:
    """Return positional and keyword arguments for a call that takes `parameters`.

    Inputs whose names the call knows are passed by name, the others to the parameters that are
    left, in order. If no name is known, or only that of the first parameter, all are passed in
    order.
    """
    given = dict(zip(names, values, strict=True))
    known = {name: value for name, value in given.items() if name in parameters}
    left = [name for name in parameters if name not in known]
    unknown = [value for name, value in given.items() if name not in known]
    if len(unknown) > len(left) or set(known) <= set(parameters[:1]) & set(names[:1]):
        return list(values), {}
    return [], {**known, **dict(zip(left, unknown, strict=False))}


def ways_to_call(
    signature: CallSignature, names: Sequence[str], values: Sequence[ValueT]
) -> Iterator[Arguments]:
    """Yield the arguments with which a call may take the inputs, likeliest first.

    A call with a single parameter may expect all inputs in a list, or in a dictionary by name.
    """
    alone = len(signature.names) == 1
    if alone and len(values) > 1:
        yield [list(values)], {}
    else:
        yield bind_inputs(signature.names, names, values)
    if alone:
        yield [dict(zip(names, values, strict=True))], {}
        if len(values) > 1:
            yield [tuple(values)], {}
    if len(values) > 1:
        yield list(values), {}


class Caller(Generic[ValueT]):
    """A call of a model on its inputs, in the first way that succeeded.

    Args:
        function: what is called.
        signature: of the function that takes the inputs in the end.
        names: of the inputs, in order.
    """

    def __init__(
        self, function: Callable[..., object], signature: CallSignature, names: Sequence[str]
    ) -> None:
        self._function, self.signature, self._names = function, signature, list(names)
        self._way: int | None = None

    def __call__(
        self, values: Sequence[ValueT], keywords: Mapping[str, object] | None = None
    ) -> object:
        """Call the model; raises the error of the likeliest way if none succeeds."""
        ways = list(ways_to_call(self.signature, self._names, values))
        if self._way is not None:
            positional, by_name = ways[self._way]
            return self._function(*positional, **by_name, **(keywords or {}))
        first: Exception | None = None
        for number, (positional, by_name) in enumerate(ways):
            try:
                returned = self._function(*positional, **by_name, **(keywords or {}))
            except Exception as error:
                first = first or error
            else:
                self._way = number
                return returned
        assert first is not None
        raise first


def described_failure(error: Exception, signature: CallSignature) -> str:
    """Describe why a call failed, with the call's signature."""
    return f"{describe(error)}; its call takes {signature}"
