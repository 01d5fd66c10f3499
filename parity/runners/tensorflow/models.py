"""Whole models of Keras 2 (tf_keras), Keras 3 and tf.Module: their weights, layers and calls."""

import inspect
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from parity.arrays import Array, Arrays
from parity.declaring.models import Layer
from parity.errors import ParityError, StructureError, describe
from parity.runners import named
from parity.runners.common import assign, cast
from parity.runners.model_calls import final_name, first_tensor, named_outputs
from parity.runners.survey import Part, Survey
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.keras_dtype import default_dtype
from parity.runners.tensorflow.keras_layers import (
    KerasPart,
    declared_inputs,
    held_frames,
    held_parts,
    is_layer,
)

# Layers whose last step is their activation: what is before it can be compared with a Linear.
_ACTIVATED = ("Dense", "EinsumDense", "Conv", "ConvTranspose", "DepthwiseConv", "SeparableConv")


class Model:
    """A reference, made in a dtype and built on example inputs.

    Raises ParityError if it cannot be made, built, or has weights of another dtype.
    """

    def __init__(self, name: str, beside: Path, dtype: str, inputs: Arrays) -> None:
        self.dtype = dtype
        self.made = _make(name, beside, dtype)
        self.names = list(inputs)
        examples = {k: tf.constant(cast(array[:1], dtype)) for k, array in inputs.items()}
        try:
            self._give(list(examples.values()))
        except ParityError:
            raise
        except Exception as error:
            shapes = ", ".join(f"{k} {tuple(v.shape)} {v.dtype.name}" for k, v in examples.items())
            raise ParityError(
                f"{name} cannot be called on {shapes}: {describe(error)}; "
                "say what it takes with --input"
            ) from error
        self.parts = held_parts(self.made)
        self.frames = held_frames(self.made, self.parts)
        self.weights = {
            held: value for part in self.parts for held, value in part.variables.items()
        }
        self._refuse_other_dtypes(name)

    def _refuse_other_dtypes(self, name: str) -> None:
        for held, value in self.weights.items():
            if value.dtype.name != self.dtype:
                raise ParityError(
                    f"{name} has the weight '{held}' in {value.dtype.name} where {self.dtype} is "
                    "asked for; leave dtypes to Keras' default, or let the factory take `dtype`"
                )

    def _give(self, tensors: list[Any]) -> Any:
        with default_dtype(self.dtype):
            return self._given(tensors)

    def _given(self, tensors: list[Any]) -> Any:
        call = self.made.call if is_layer(self.made) else self.made.__call__
        parameters = inspect.signature(call).parameters
        keywords = {"training": False} if "training" in parameters else {}
        own = [name for name in parameters if name not in ("self", "training", "mask")]
        nested, declared = declared_inputs(self.made)
        if len(tensors) > 1 and declared:
            given = dict(zip(self.names, tensors, strict=True))
            return self.made(given if nested else tensors, **keywords)
        if len(tensors) > 1 and len(own) == 1 and is_layer(self.made):
            return self.made(tensors, **keywords)
        positional, by_name = named.in_order(own, self.names, tensors)
        return self.made(*positional, **by_name, **keywords)

    def call(self, inputs: Mapping[str, Any], layers: Sequence[Layer] = ()) -> dict[str, Any]:
        """The outputs by name; before them the first input and output of each layer."""
        seen: dict[str, Any] = {}
        with self._watching(seen):
            given = self._give([inputs[name] for name in self.names])
        found: dict[str, Any] = {}
        wanted = {layer.reference for layer in layers}
        for path in seen:
            if path in wanted:
                (found[f"{path}/input"],), found[path] = seen[path]
        return {
            **{name: _wide(tensor) for name, tensor in found.items()},
            **named_outputs(given, final_name([layer.reference for layer in layers]), _is_tensor),
        }

    def call_layer(self, layer: Layer, tensor: Any) -> dict[str, Any]:
        """The output of one layer alone, without its activation where that is its last step."""
        known = (*self.parts, *self.frames)
        part = next((part for part in known if part.path == layer.reference), None)
        if part is None:
            raise StructureError(f"the reference has no layer '{layer.reference}'")
        seen: dict[str, Any] = {}
        with self._watching(seen), default_dtype(self.dtype):
            part.layer(tensor)
        return {layer.reference: _wide(seen[layer.reference][1])}

    @contextmanager
    def _watching(self, seen: dict[str, Any]) -> Iterator[None]:
        """Put down inputs and output of each layer's first call, in the order of the calls."""
        with ExitStack() as stack:
            for part in (*self.parts, *self.frames):
                if part.path and is_layer(part.layer):
                    stack.enter_context(_watched(part.path, part.layer, seen))
            yield

    def survey(self, inputs: Arrays) -> Survey:
        """Run the model on the inputs and say what it consists of."""
        seen: dict[str, Any] = {}
        given = {name: tf.constant(cast(array, self.dtype)) for name, array in inputs.items()}
        with self._watching(seen):
            outputs = self._give(list(given.values()))
        order = {path: number for number, path in enumerate(seen)}
        parts, frames = (
            tuple(_part(part, seen) for part in found) for found in (self.parts, self.frames)
        )
        finals = named_outputs(outputs, "output", _is_tensor)
        shapes = {name: tuple(value.shape) for name, value in finals.items()}
        ordered = sorted(parts, key=lambda part: order.get(part.path, len(order)))
        return Survey("tensorflow", tuple(ordered), shapes, frames)

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        """The outputs, and the input and output of each layer, under these weights."""
        self._put(weights)
        given = {name: tf.constant(cast(array, self.dtype)) for name, array in inputs.items()}
        return _arrays(self.call(given, layers))

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        """The output of a layer alone, under these weights."""
        self._put(weights)
        return _arrays(self.call_layer(layer, tf.constant(tensor)))

    def _put(self, weights: Arrays) -> None:
        some = {name: self.weights[name] for name in weights}
        assign(some, weights, lambda variable, array: variable.assign(cast(array, self.dtype)))


@contextmanager
def _watched(path: str, layer: Any, seen: dict[str, Any]) -> Iterator[None]:
    """One layer's call, and its activation if that is its last step, replaced while it is open."""
    call, activation = layer.call, getattr(layer, "activation", None)
    before: list[Any] = []
    kind = re.sub(r"[123]D", "", type(layer).__name__)

    def called(*args: Any, **kwargs: Any) -> Any:
        before.clear()
        given = call(*args, **kwargs)
        if path not in seen:
            named_tensors = [value for value in kwargs.values() if _is_tensor(value)]
            tensors = [value for value in args if _is_tensor(value)] + named_tensors
            output = before[0] if before else first_tensor(given, _is_tensor)
            seen[path] = (tensors, output)
        return given

    def activated(x: Any, *args: Any, **kwargs: Any) -> Any:
        before.append(x)
        return activation(x, *args, **kwargs)  # type: ignore[misc]

    changed = {"call": called}
    if kind in _ACTIVATED and callable(activation):
        changed["activation"] = activated
    with ExitStack() as stack:
        for attribute, value in changed.items():
            stack.callback(_restore, layer, attribute, vars(layer).get(attribute))
            object.__setattr__(layer, attribute, value)
        yield


def _restore(layer: Any, attribute: str, value: Any) -> None:
    if value is None:
        object.__delattr__(layer, attribute)
    else:
        object.__setattr__(layer, attribute, value)


def _make(name: str, beside: Path, dtype: str) -> Any:
    """The model under Keras' default dtype; what a file holds ready made is made anew."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    value = named.attribute_of(named.module_of(name, beside), name)
    with default_dtype(dtype):
        if not isinstance(value, type) and (is_layer(value) or isinstance(value, tf.Module)):
            if name.partition(":")[0].endswith(".py"):
                return named.attribute_of(named.module_of(name, beside), name)
            return value
        if not callable(value):
            raise ParityError(f"{name} is no model of Keras or TensorFlow and makes none")
        found = named.made(value, name, dtype)
    if not (is_layer(found) or isinstance(found, tf.Module)):
        raise ParityError(
            f"{name} gives {type(found).__name__}; expected a model or layer of tf_keras or "
            "keras, or a tf.Module; the reference is named first, the candidate second"
        )
    return found


def input_specs(name: str, beside: Path) -> dict[str, tuple[tuple[int | None, ...], str]]:
    """What a model says it takes: shape and dtype by name; empty if it does not say."""
    made = _make(name, beside, "float32")
    _, declared = declared_inputs(made)
    return {
        name: (tuple(tensor.shape), getattr(tensor.dtype, "name", tensor.dtype))
        for name, tensor in declared.items()
    }


def argument_names(name: str, beside: Path, count: int) -> list[str]:
    """Names for `count` inputs, those of the call's own parameters if there are as many."""
    made = _make(name, beside, "float32")
    call = made.call if is_layer(made) else made.__call__
    names = [n for n in inspect.signature(call).parameters if n not in ("training", "mask")]
    known = len(names) == count and not any(n in ("args", "kwargs", "inputs") for n in names)
    return names if known else (["x"] if count == 1 else [f"x{n}" for n in range(count)])


def _is_tensor(value: Any) -> bool:
    return isinstance(value, (tf.Tensor, tf.Variable))


def _wide(tensor: Any) -> Any:
    """Integers as int64, on both sides: what a layer is handed may be either."""
    return tf.cast(tensor, tf.int64) if tensor.dtype.is_integer else tf.identity(tensor)


def _part(part: KerasPart, seen: Mapping[str, Any]) -> Part:
    tensors, output = seen.get(part.path, ((), None))
    if part.kind.endswith("Cell"):
        # It needs a state, which only the layer around it has.
        tensors, output = (), None
    inputs = tuple(tuple(tensor.shape) for tensor in tensors)
    given = None if output is None else tuple(output.shape)
    return Part(part.path, part.kind, part.held, part.facts, inputs, given)


def _arrays(tensors: Mapping[str, Any]) -> Arrays:
    return {name: value.numpy() for name, value in tensors.items()}
