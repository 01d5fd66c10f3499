"""Whole torch modules: their weights, layers and calls."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from parity.arrays import Array, Arrays
from parity.declaring.models import Layer
from parity.errors import ParityError, StructureError, describe
from parity.runners import named
from parity.runners.common import assign, cast
from parity.runners.model_calls import (
    final_name,
    first_tensor,
    homeward,
    named_outputs,
    outward,
)
from parity.runners.survey import Survey
from parity.runners.torch.layers import frames, layers, parts


class Model:
    """A candidate in evaluation mode, made in a dtype.

    A parameter named in `split` is held as so many parts of equal size along its first axis, by
    "<key>[0]", "<key>[1]" and so on. Raises ParityError if it cannot be made.
    """

    def __init__(
        self,
        name: str,
        beside: Path,
        dtype: str,
        inputs: Sequence[str],
        zero: Sequence[str] = (),
        split: Mapping[str, int] | None = None,
    ) -> None:
        self.dtype, self.names = getattr(torch, dtype), list(inputs)
        self.made = _make(name, beside, dtype).to(self.dtype).eval()
        self.weights = _held(self.made)
        for key, count in (split or {}).items():
            self._split(key, count)
        for key in zero:
            if key not in self.weights:
                raise StructureError(f"the candidate has no '{key}' to set to zero")
            with torch.no_grad():
                self.weights.pop(key).zero_()

    def _split(self, key: str, count: int) -> None:
        """Hold a parameter as parts, which are put together before each call of its module."""
        if key not in self.weights:
            raise StructureError(f"the candidate has no '{key}' to split")
        path, _, attribute = key.rpartition(".")
        module, whole = self.made.get_submodule(path), self.weights.pop(key)
        parts = tuple(nn.Parameter(part.detach().clone()) for part in whole.chunk(count))
        self.weights |= {f"{key}[{number}]": part for number, part in enumerate(parts)}
        del module._parameters[attribute]

        def joined(module: nn.Module, args: Any) -> None:
            setattr(module, attribute, torch.cat(parts))

        module.register_forward_pre_hook(joined)

    def _give(self, tensors: list[Any]) -> Any:
        parameters = list(inspect.signature(self.made.forward).parameters)
        positional, by_name = named.in_order(parameters, self.names, tensors)
        return self.made(*positional, **by_name)

    def call(self, inputs: Mapping[str, Any], layers: Sequence[Layer] = ()) -> dict[str, Any]:
        """The outputs by name, and the first input and output of each layer, as the reference's."""
        seen: dict[str, Any] = {}
        with self._watching(seen, [layer.candidate for layer in layers]):
            given = self._give([inputs[name] for name in self.names])
        found: dict[str, Any] = {}
        for layer in layers:
            if layer.candidate in seen:
                tensors, output = seen[layer.candidate]
                axes = homeward(layer.order, tensors[0].ndim)
                found[f"{layer.reference}/input"] = _wide(tensors[0].permute(axes))
                found[layer.reference] = _as_reference(layer, output)
        final = final_name([layer.reference for layer in layers])
        return {**found, **named_outputs(given, final, torch.is_tensor)}

    def call_layer(self, layer: Layer, tensor: Any) -> dict[str, Any]:
        """The output of one layer alone, handed the reference's own input."""
        try:
            module = self.made.get_submodule(layer.candidate)
        except AttributeError as error:
            raise StructureError(f"the candidate has no layer '{layer.candidate}'") from error
        given = module(tensor.permute(outward(layer.order, tensor.ndim)))
        return {layer.reference: _as_reference(layer, first_tensor(given, torch.is_tensor))}

    @contextmanager
    def _watching(self, seen: dict[str, Any], paths: Sequence[str]) -> Iterator[None]:
        """Put down inputs and output of each layer's first call, in the order of the calls."""
        known = dict(self.made.named_modules())
        missing = [path for path in paths if path not in known]
        if missing:
            raise StructureError(f"the candidate has no layer '{missing[0]}'")
        hooks = [
            known[path].register_forward_hook(_recorder(path, seen), with_kwargs=True)
            for path in paths
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def survey(self, inputs: Arrays) -> Survey:
        """Run the module on the inputs and say what it consists of.

        Raises ParityError if it cannot be called on them.
        """
        paths = [path for path, _ in layers("", self.made) if path]
        seen: dict[str, Any] = {}
        given = self._tensors(inputs)
        with torch.no_grad(), self._watching(seen, paths):
            try:
                outputs = self._give(list(given.values()))
            except Exception as error:
                raise ParityError(_uncallable(self.made, given, error)) from error
        finals = named_outputs(outputs, "output", torch.is_tensor)
        return Survey(
            "torch",
            tuple(parts(self.made, self.weights, seen)),
            {name: tuple(value.shape) for name, value in finals.items()},
            tuple(frames(self.made, self.weights, seen)),
        )

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        """The outputs, and the input and output of each layer, under these weights."""
        self._put(weights)
        given = self._tensors(inputs)
        with torch.no_grad():
            return _arrays(self.call(given, layers))

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        """The output of a layer alone, under these weights."""
        self._put(weights)
        with torch.no_grad():
            return _arrays(self.call_layer(layer, torch.from_numpy(tensor.copy())))

    def _tensors(self, arrays: Arrays) -> dict[str, torch.Tensor]:
        dtype = str(self.dtype).removeprefix("torch.")
        return {name: torch.from_numpy(cast(a, dtype).copy()) for name, a in arrays.items()}

    def _put(self, weights: Arrays) -> None:
        some = {key: self.weights[key] for key in weights}

        def put(parameter: torch.Tensor, array: Array) -> None:
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(array))

        assign(some, weights, put)


def _make(name: str, beside: Path, dtype: str) -> nn.Module:
    value = named.attribute_of(named.module_of(name, beside), name)
    found = value if isinstance(value, nn.Module) else None
    if found is None:
        if not callable(value):
            raise ParityError(f"{name} is no torch module and makes none")
        found = named.made(value, name, dtype)
    if not isinstance(found, nn.Module):
        raise ParityError(f"{name} gives {type(found).__name__}; expected a torch.nn.Module")
    return found


def _held(module: nn.Module) -> dict[str, torch.Tensor]:
    """Floating parameters and buffers that are saved with the module, by key."""
    saved = module.state_dict(keep_vars=True)
    known = {id(value) for _, value in (*module.named_parameters(), *module.named_buffers())}
    found: dict[str, torch.Tensor] = {}
    for key, value in saved.items():
        if torch.is_tensor(value) and value.is_floating_point() and id(value) in known:
            found[key] = value
            known.discard(id(value))
    return found


def _recorder(path: str, seen: dict[str, Any]) -> Any:
    def record(module: nn.Module, args: Any, kwargs: Any, given: Any) -> None:
        tensors = [value for value in (*args, *kwargs.values()) if torch.is_tensor(value)]
        output = first_tensor(given, torch.is_tensor)
        if path not in seen and tensors and output is not None:
            # Copies: what comes next may change them in place.
            seen[path] = ([value.clone() for value in tensors], output.clone())

    return record


def _as_reference(layer: Layer, output: torch.Tensor) -> torch.Tensor:
    output = output.permute(homeward(layer.order, output.ndim))
    return output[:, -1] if layer.last else output


def _wide(tensor: torch.Tensor) -> torch.Tensor:
    """Integers as int64, on both sides: what a layer is handed may be either."""
    whole = not (tensor.is_floating_point() or tensor.dtype == torch.bool)
    return tensor.long() if whole else tensor


def _uncallable(made: nn.Module, given: Mapping[str, torch.Tensor], error: Exception) -> str:
    shapes = ", ".join(f"{k} {tuple(v.shape)}" for k, v in given.items())
    return f"the candidate {type(made).__name__} cannot be called on {shapes}: {describe(error)}"


def _arrays(tensors: Mapping[str, torch.Tensor]) -> Arrays:
    return {name: value.detach().contiguous().numpy().copy() for name, value in tensors.items()}
