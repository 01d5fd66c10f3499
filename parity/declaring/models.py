"""Ports declared over two whole models: names, a weight map, and the layers seen on the way.

`parity init` writes such declarations. The reference is a model or layer of tf_keras or Keras 3, or
a tf.Module; the candidate a torch module. Both are named "FILE.py:attribute" or "module:attribute",
where the attribute is one or makes one without arguments; a factory with a parameter `dtype` is
given "float32" or "float64". They are run as in evaluation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from parity.arrays import Arrays
from parity.declaring.frameworks import models_of
from parity.declaring.inputs import InputSet, generator
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.weight import Options, Weight

_DEFAULT = (Configuration("default", {}),)


@dataclass(frozen=True)
class Input:
    """What a model takes: the shape of one record, without the batch.

    Floating ones are drawn from a normal distribution, integers from 0 to below `below`.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    below: int = 2


@dataclass(frozen=True)
class Layer:
    """A layer that can be seen, and called alone, on both sides: its path on each.

    `order` says how the candidate's layer has its axes where that is not as the reference's, and
    `last` that it gives all steps where the reference gives the last alone.
    """

    reference: str
    candidate: str
    order: Literal["same", "channels first", "time first"] = "same"
    last: bool = False


@dataclass(frozen=True)
class _Models:
    """The two names, and what is needed to make either model."""

    reference: str
    candidate: str
    beside: Path
    inputs: Mapping[str, Input]
    zero: tuple[str, ...]
    split: Mapping[str, int]

    def open_reference(self, dtype: str) -> Any:
        examples = draw_inputs(self.inputs, 1, 1)
        return models_of("tensorflow").Model(self.reference, self.beside, dtype, examples)

    def open_candidate(self, dtype: str) -> Any:
        return models_of("torch").Model(
            self.candidate, self.beside, dtype, list(self.inputs), self.zero, self.split
        )


def draw_inputs(inputs: Mapping[str, Input], seed: int, count: int) -> Arrays:
    """`count` records of each input, drawn by its name and the seed."""
    drawn: Arrays = {}
    for name, given in inputs.items():
        random, shape = generator(name, seed), (count, *given.shape)
        if np.dtype(given.dtype).kind in "iu":
            drawn[name] = random.integers(0, given.below, shape).astype(given.dtype)
        elif np.dtype(given.dtype).kind == "b":
            drawn[name] = random.integers(0, 2, shape).astype(bool)
        else:
            drawn[name] = random.standard_normal(shape).astype("float32")
    return drawn


def port(
    name: str,
    reference: str,
    candidate: str,
    *,
    beside: str,
    inputs: Mapping[str, Input],
    weights: tuple[Weight, ...],
    layers: Sequence[Layer] = (),
    zero: Sequence[str] = (),
    split: Mapping[str, int] | None = None,
    kept: Sequence[str] = (),
    exempt: Mapping[str, str] | None = None,
) -> Port:
    """A port of the whole model, and of every layer that can be called alone.

    Args:
        name: the port's.
        reference: names the model in TensorFlow.
        candidate: names the model in PyTorch.
        beside: the declaring file (`__file__`), which file names are relative to.
        inputs: what both models take, by name; handed over by name if both know all of them, else
            in this order.
        weights: the map; canonical names begin with the path of the reference's layer.
        layers: those to be checked alone too, on the inputs that they have in the reference.
        zero: the candidate's weights that the reference does not have, and that do nothing at zero.
        split: the candidate's weights that are several of the reference's, and how many.
        kept: weights of either side that stay as they are made, such as a table of constants; every
            other weight must be in the map.
        exempt: why other layers are not checked alone.
    """
    folder = Path(beside).absolute().parent
    both = _Models(reference, candidate, folder, dict(inputs), tuple(zero), dict(split or {}))
    whole = "model" if all(layer.reference != "model" for layer in layers) else "whole model"
    layers = tuple(layers)
    pairs = [_layer_pair(both, layer, weights, kept) for layer in layers]
    pairs.append(_whole_pair(whole, both, layers, weights, kept))

    def load(source: str | None, seed: int, count: int) -> InputSet:
        return InputSet("drawn", draw_inputs(inputs, seed, count))

    return Port(name, tuple(pairs), load, whole=whole, exempt=exempt or {})


def _whole_pair(
    whole: str,
    both: _Models,
    layers: tuple[Layer, ...],
    weights: tuple[Weight, ...],
    kept: Sequence[str],
) -> Pair:
    def reference(options: Options, dtype: str) -> Built:
        made = both.open_reference(dtype)
        return Built(lambda inputs: made.call(inputs, layers), _within(made, "", kept))

    def candidate(options: Options, dtype: str) -> Built:
        made = both.open_candidate(dtype)
        return Built(lambda inputs: made.call(inputs, layers), _within(made, "", kept))

    return Pair(
        whole,
        Side("tensorflow", reference),
        Side("torch", candidate),
        _DEFAULT,
        lambda given: given.inputs.arrays,
        weights=lambda options: weights,
        about=f"{both.reference} and {both.candidate}",
    )


def _layer_pair(
    both: _Models, layer: Layer, weights: tuple[Weight, ...], kept: Sequence[str]
) -> Pair:
    own = tuple(weight for weight in weights if weight.name.startswith(f"{layer.reference}/"))

    def reference(options: Options, dtype: str) -> Built:
        made = both.open_reference(dtype)
        return Built(
            lambda inputs: made.call_layer(layer, inputs["input"]),
            _within(made, f"{layer.reference}/", kept),
        )

    def candidate(options: Options, dtype: str) -> Built:
        made = both.open_candidate(dtype)
        return Built(
            lambda inputs: made.call_layer(layer, inputs["input"]),
            _within(made, f"{layer.candidate}.", kept),
        )

    return Pair(
        layer.reference,
        Side("tensorflow", reference),
        Side("torch", candidate),
        _DEFAULT,
        lambda given: {"input": given.intermediates[f"{layer.reference}/input"]},
        weights=lambda options: own,
        intermediates=(layer.reference,),
        weights_of=layer.reference,
        about=f"{layer.reference} and {layer.candidate}",
    )


def _within(made: Any, prefix: str, kept: Sequence[str]) -> dict[str, Any]:
    """All weights of a layer: what the map leaves out is refused where they are assigned."""
    return {
        name: value
        for name, value in made.weights.items()
        if name.startswith(prefix) and name not in kept
    }
