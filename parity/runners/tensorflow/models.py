"""Whole models of Keras 2 (tf_keras), Keras 3 and tf.Module: their weights, layers and calls."""

import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeGuard

from parity.arrays import Array, Arrays
from parity.declaring.model_sides import Layer
from parity.declaring.shared_models import State
from parity.declaring.training_mode import in_training
from parity.errors import ParityError, SideFailedError, StructureError, describe
from parity.runners import loading
from parity.runners.binding import Caller, CallSignature, described_failure
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.frozen_graphs import GraphLayer
from parity.runners.tensorflow.keras_dtype import default_dtype
from parity.runners.tensorflow.keras_layers import (
    KerasLayer,
    Module,
    composite_layers,
    declared_inputs,
    default_names,
    is_layer,
    is_plain,
    layer_state,
    weighted_layers,
)
from parity.runners.tensorflow.model_files import load_model_file
from parity.runners.tensorflow.recorded import TENSORS, Calls, recorded
from parity.runners.transfer import assign, cast
from parity.runners.whole_models import (
    LayerCall,
    ModelDescription,
    WeightedLayer,
    named_tensors,
    output_name,
)


class Model:
    """A reference, built in a dtype and called once on example inputs.

    With `trust`, Python code in a model file is executed.

    Raises ParityError if it cannot be built or called, or has weights of another dtype;
    SideFailedError if it cannot be called in float64.
    """

    def __init__(
        self, name: str, folder: Path, dtype: str, inputs: Arrays, trust: bool = False
    ) -> None:
        self.dtype = dtype
        self.module = _build(name, folder, dtype, trust)
        self.names = list(inputs)
        self.signature = _call_signature(self.module)
        masked = "mask" in self.signature.names and "mask" not in self.names
        own = self.signature.without("mask") if masked else self.signature
        self._caller = Caller[tf.Tensor](self.module, own, self.names)
        examples = {k: tf.constant(cast(array, dtype)) for k, array in inputs.items()}
        try:
            self._call(list(examples.values()))
        except ParityError:
            raise
        except Exception as error:
            shapes = ", ".join(f"{k} {tuple(v.shape)} {v.dtype.name}" for k, v in examples.items())
            if dtype == "float64":
                # Some operations know no float64; a user's mistake is one in float32, too.
                raise SideFailedError(
                    f"{name} cannot be called on {shapes}: {describe(error)}"
                ) from error
            raise ParityError(
                f"{name} cannot be called on {shapes}: "
                f"{described_failure(error, self.signature)}; declare its inputs with --input"
            ) from error
        self.layers = weighted_layers(self.module)
        self.composites = composite_layers(self.module, self.layers)
        self.weights = {
            key: value for layer in self.layers for key, value in layer.variables.items()
        }
        for key, value in self.weights.items():
            if value.dtype.name != dtype:
                raise ParityError(
                    f"{name} has the weight '{key}' in {value.dtype.name}, but {dtype} was "
                    "requested; leave dtypes to Keras' default, or let the factory take `dtype`"
                )

    def _call(self, tensors: list[tf.Tensor]) -> object:
        with default_dtype(self.dtype):
            keywords = {"training": in_training()} if _takes_training(self.module) else {}
            as_mapping, declared = declared_inputs(self.module)
            if len(tensors) > 1 and declared:
                given = dict(zip(self.names, tensors, strict=True)) if as_mapping else tensors
                return self.module(given, **keywords)
            return self._caller(tensors, keywords)

    def call(
        self, inputs: Mapping[str, tf.Tensor], layers: Sequence[Layer] = ()
    ) -> dict[str, tf.Tensor]:
        """Return the first input and output of each layer, then the outputs, all by name."""
        calls: Calls = {}
        with self._recording(calls):
            returned = self._call([inputs[name] for name in self.names])
        found: dict[str, tf.Tensor] = {}
        wanted = {layer.reference for layer in layers}
        for path, call in calls.items():
            if path in wanted and call.inputs:
                found[f"{path}/input"], found[path] = call.inputs[0], call.output
        return {
            **{name: _as_int64(tensor) for name, tensor in found.items()},
            **named_tensors(returned, output_name(layers), TENSORS),
        }

    def alone(self, layer: Layer) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
        """Return what calls one layer alone, and refers to nothing else of the model.

        It returns the output before its activation where that is its last step. Raises
        StructureError if there is no such layer.
        """
        return partial(_called_alone, self._layer(layer), self.dtype)

    def state(self, layer: Layer | None) -> State:
        """Return what a layer, or the whole model, holds besides the model's weights."""
        part = self._layer(layer).layer if layer else self.module
        return layer_state(part, self.weights.values())

    def is_plain(self, layer: Layer) -> bool:
        """Return whether a layer is made of Keras' own and holds no number but its weights."""
        return is_plain(self._layer(layer).layer, self.weights.values())

    def _layer(self, layer: Layer) -> KerasLayer:
        known = (*self.layers, *self.composites)
        found = next((one for one in known if one.path == layer.reference), None)
        if found is None:
            raise StructureError(f"the reference has no layer '{layer.reference}'")
        return found

    def _recording(self, calls: Calls) -> AbstractContextManager[None]:
        """Record each layer's first call, in the order of the calls."""
        return _recording((*self.layers, *self.composites), calls)

    def describe(self, inputs: Arrays) -> ModelDescription:
        """Run the model on the inputs and describe its layers and outputs."""
        calls: Calls = {}
        with self._recording(calls):
            returned = self._call(list(self._tensors(inputs).values()))
        order = {path: number for number, path in enumerate(calls)}
        outputs = named_tensors(returned, "output", TENSORS)
        layers = [_description(layer, calls) for layer in self.layers]
        return ModelDescription(
            tuple(sorted(layers, key=lambda layer: order.get(layer.path, len(order)))),
            {name: tuple(value.shape) for name, value in outputs.items()},
            tuple(_description(layer, calls) for layer in self.composites),
        )

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        """Return the outputs, and the input and output of each layer, under these weights."""
        self._assign(weights)
        return _arrays(self.call(self._tensors(inputs), layers))

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        """Return the output of one layer alone, under these weights."""
        self._assign(weights)
        return _arrays(self.alone(layer)(tf.constant(tensor)))

    def _tensors(self, inputs: Arrays) -> dict[str, tf.Tensor]:
        return {name: tf.constant(cast(array, self.dtype)) for name, array in inputs.items()}

    def _assign(self, weights: Arrays) -> None:
        chosen = {name: self.weights[name] for name in weights}
        assign(chosen, weights, lambda variable, array: variable.assign(cast(array, self.dtype)))


@contextmanager
def _recording(layers: Sequence[KerasLayer], calls: Calls) -> Iterator[None]:
    with ExitStack() as stack:
        for layer in layers:
            if layer.path and (is_layer(layer.layer) or isinstance(layer.layer, GraphLayer)):
                stack.enter_context(recorded(layer.path, layer.layer, calls))
        yield


def _called_alone(layer: KerasLayer, dtype: str, tensor: tf.Tensor) -> dict[str, tf.Tensor]:
    calls: Calls = {}
    with _recording((layer,), calls), default_dtype(dtype):
        layer.layer(tensor)
    return {layer.path: _as_int64(calls[layer.path].output)}


def _build(name: str, folder: Path, dtype: str, trust: bool = False) -> Module:
    """Build the model under Keras' default dtype; a ready-made model in a file is rebuilt."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if loading.is_model_file(name, folder):
        return load_model_file(folder / name, dtype, trust)
    value = loading.load_attribute(name, folder)
    with default_dtype(dtype):
        if _is_module(value):
            if name.partition(":")[0].endswith(".py"):
                value = loading.load_attribute(name, folder)
            module: Module = value
            return module
        if not callable(value):
            raise ParityError(
                f"{name} is neither a model of Keras or TensorFlow nor a function that builds one"
            )
        built = loading.call_factory(value, name, dtype)
    if not _is_module(built):
        raise ParityError(
            f"{name} returns {type(built).__name__}; expected a model or layer of tf_keras or "
            "keras, or a tf.Module; the reference is named first, the candidate second"
        )
    return built


def _is_module(value: object) -> TypeGuard[Module]:
    return not isinstance(value, type) and (is_layer(value) or isinstance(value, tf.Module))


def input_specs(
    name: str, folder: Path, trust: bool = False
) -> dict[str, tuple[tuple[int | None, ...], str]]:
    """Return the shape and dtype of each input that a model declares; empty if it declares none."""
    _, declared = declared_inputs(_build(name, folder, "float32", trust))
    return {
        name: (tuple(tensor.shape), getattr(tensor.dtype, "name", tensor.dtype))
        for name, tensor in declared.items()
    }


def argument_names(name: str, folder: Path, count: int, trust: bool = False) -> list[str]:
    """Return names for `count` inputs: those of the call's parameters if their number fits."""
    signature = call_signature(name, folder, trust)
    # A mask is an input only where all others would be too few.
    masked = "mask" in signature.names and len(signature.names) > count
    names = list((signature.without("mask") if masked else signature).names)
    generic = signature.open or "inputs" in names
    return names if len(names) == count and not generic else default_names(count)


def call_signature(name: str, folder: Path, trust: bool = False) -> CallSignature:
    """Return the signature of a model's call, or the inputs that it declares."""
    module = _build(name, folder, "float32", trust)
    _, declared = declared_inputs(module)
    if declared:
        return CallSignature(tuple(declared), tuple(declared))
    return _call_signature(module)


def _call_signature(module: Module) -> CallSignature:
    return CallSignature.of(_called(module), ("training",))


def _called(module: Module) -> Callable[..., object]:
    return module.call if is_layer(module) else module.__call__


def _takes_training(module: Module) -> bool:
    return "training" in inspect.signature(_called(module)).parameters


def _as_int64(tensor: tf.Tensor) -> tf.Tensor:
    """Cast integers to int64, on both sides: a layer may be handed either width."""
    return tf.cast(tensor, tf.int64) if tensor.dtype.is_integer else tf.identity(tensor)


def _description(layer: KerasLayer, calls: Calls) -> WeightedLayer:
    # A cell needs a state, which only the layer around it has: it cannot be called alone.
    call = None if layer.kind.endswith("Cell") else calls.get(layer.path)
    return WeightedLayer(
        layer.path, layer.kind, layer.weights, layer.settings, *LayerCall.shapes(call)
    )


def _arrays(tensors: Mapping[str, tf.Tensor]) -> Arrays:
    return {name: value.numpy() for name, value in tensors.items()}
