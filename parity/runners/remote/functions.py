"""References that are plain functions of numpy arrays, named like models."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.model_sides import Layer
from parity.errors import ParityError, StructureError
from parity.runners import loading
from parity.runners.binding import Caller, CallSignature, described_failure
from parity.runners.transfer import cast
from parity.runners.whole_models import ModelDescription, named_tensors, output_name

_KINDS = (np.ndarray, np.generic)


def is_function_of_arrays(value: object) -> bool:
    """Return whether a value is a function that needs arguments, as no factory of a model does."""
    return inspect.isfunction(value) and any(
        parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.name != "dtype"
        for parameter in inspect.signature(value).parameters.values()
    )


class FunctionModel:
    """A plain function in the place of a model: without weights, layers and gradients."""

    def __init__(self, name: str, folder: Path, dtype: str, inputs: Arrays) -> None:
        self.dtype, self.names = dtype, list(inputs)
        self.weights: Mapping[str, Any] = {}
        function: Callable[..., object] = loading.load_attribute(name, folder)
        self.signature = CallSignature.of(function)
        self._caller = Caller[Array](function, self.signature, self.names)
        self._name = name

    def call(self, inputs: Mapping[str, Array], layers: Sequence[Layer] = ()) -> Arrays:
        """Return the outputs by name; raises ParityError if the function fails."""
        values = [inputs[name] for name in self.names]
        try:
            returned = self._caller(values)
        except Exception as error:
            shapes = ", ".join(f"{name} {inputs[name].shape}" for name in self.names)
            raise ParityError(
                f"{self._name} cannot be called on {shapes}: "
                f"{described_failure(error, self.signature)}"
            ) from error
        found = named_tensors(returned, output_name(layers), _KINDS)
        return {name: np.asarray(value) for name, value in found.items()}

    def alone(self, layer: Layer) -> Callable[[Array], Arrays]:
        """Raise StructureError: there is no such layer."""
        raise StructureError(f"the reference is a function, which has no layer '{layer.reference}'")

    def describe(self, inputs: Arrays) -> ModelDescription:
        """Run the function on the inputs and describe its outputs."""
        outputs = self.run({}, inputs, ())
        return ModelDescription((), {name: value.shape for name, value in outputs.items()})

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        """Return the outputs."""
        return self.call({k: cast(v, self.dtype).copy() for k, v in inputs.items()}, layers)

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        """Raise StructureError: there is no such layer."""
        return self.alone(layer)(tensor)
