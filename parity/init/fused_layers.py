"""Layers of the candidate that hold several of the reference's side by side.

Query, key and value are often one Linear, or one MultiheadAttention of PyTorch, where the reference
has a layer for each. Such a layer is described as its parts: "qkv.weight[0]", "qkv.weight[1]" and
so on, equal in size, as `split` of parity.models.port makes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.model_sides import Layer
from parity.init.layouts import Layout, LayoutCall, whole
from parity.runners.whole_models import (
    LayerWeight,
    ModelDescription,
    PassingModel,
    Shape,
    WeightedLayer,
)

_COUNTS = (2, 3, 4)
_FUSED = ("Linear", "Conv1d", "Conv2d", "Conv3d")
_ATTENTION = "MultiheadAttention"
_REFERENCE = ("Dense", "Conv1D", "Conv2D", "Conv3D")


def fused_weights(reference: ModelDescription, candidate: ModelDescription) -> dict[str, int]:
    """Find the candidate's weights that hold several of the reference's, and how many each.

    Only layers that no weight of the reference fills as a whole are taken apart, and only into as
    many parts as the reference has weights of that size.
    """
    shapes = [one.shape for one in reference.weights if len(one.shape) > 1]
    sizes = {prod(shape) for shape in shapes}
    attention = any(layer.kind == "MultiHeadAttention" for layer in reference.layers)
    found: dict[str, int] = {}
    for layer in candidate.layers:
        weight = _fused_weight(layer, attention)
        size = prod(weight.shape) if weight else 0
        if weight is None or size in sizes:
            continue
        for count in _COUNTS:
            fitting = [one for one in shapes if _fits(one, weight.shape, count)]
            if weight.shape[0] % count == 0 and len(fitting) >= count:
                bias = layer.weight("in_proj_bias" if layer.kind == _ATTENTION else "bias")
                found |= {one.name: count for one in (weight, bias) if one}
                break
    return found


def _fits(kernel: Shape, fused: Shape, count: int) -> bool:
    """Return whether a kernel, with its outputs last or in heads, is as large as one part."""
    rows = fused[0] // count
    return prod(kernel) * count == prod(fused) and rows in (kernel[-1], prod(kernel[1:]))


def _fused_weight(layer: WeightedLayer, attention: bool) -> LayerWeight | None:
    if not layer.inputs:
        return None
    if layer.kind == _ATTENTION:
        return None if attention else layer.weight("in_proj_weight")
    ungrouped = layer.settings.get("groups", 1) == 1
    return layer.weight("weight") if layer.kind in _FUSED and ungrouped else None


def is_part(layer: WeightedLayer) -> bool:
    """Return whether this is a part of a layer of the candidate."""
    return "parts" in layer.settings


def part_layouts(reference: WeightedLayer, part: WeightedLayer) -> list[Layout]:
    """List how a part may hold a layer of the reference: with in and out transposed."""
    kernel, bias = reference.weight("kernel"), reference.weight("bias")
    if kernel is None or reference.kind not in _REFERENCE or prod(kernel.shape) < 1:
        return []
    weight, *biases = part.weights
    rank = len(kernel.shape) - 2
    axes = (rank + 1, rank, *range(rank))
    if len(weight.shape) == len(kernel.shape):
        call = LayoutCall("transposed", (kernel.name, kernel.shape, weight.name, axes))
    elif prod(weight.shape) == prod(kernel.shape) and weight.shape[0] == kernel.shape[-1]:
        arguments = (kernel.name, kernel.shape, weight.name, weight.shape, axes)
        call = LayoutCall("reshaped", arguments)
    else:
        return []
    calls = [call]
    if bias and biases:
        calls.append(LayoutCall("same", (bias.name, bias.shape, biases[0].name)))
    layout = Layout(tuple(calls), known=True)
    return [layout] if layout.fits(reference, part) else []


@dataclass(frozen=True)
class PartedCandidate:
    """An open candidate of which some weights are held as parts, by "<key>[0]" and so on."""

    model: PassingModel
    split: Mapping[str, int]

    @property
    def weights(self) -> Mapping[str, Any]:
        """Return the framework's own tensors, by name, whole ones."""
        return self.model.weights

    def describe(self, inputs: Arrays) -> ModelDescription:
        """Run the model on the inputs and describe its layers, fused ones as their parts."""
        return self.parted(self.model.describe(inputs))

    def parted(self, model: ModelDescription) -> ModelDescription:
        """Return the description with fused layers as their parts."""
        layers = [part for layer in model.layers for part in self._parts(layer)]
        composites = [
            replace(layer, weights=tuple(self._all_parts(layer.weights)))
            for layer in model.composites
        ]
        return replace(model, layers=tuple(layers), composites=tuple(composites))

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        """Return the outputs, and the input and output of each layer, under these weights."""
        return self.model.run(_joined(weights), inputs, layers)

    def run_passing(
        self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer], returned: Arrays
    ) -> Arrays:
        """Run as `run` does; each layer that can passes on what `returned` has for it."""
        return self.model.run_passing(_joined(weights), inputs, layers, returned)

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        """Return the output of one layer alone, under these weights."""
        return self.model.run_layer(layer, _joined(weights), tensor)

    def _parts(self, layer: WeightedLayer) -> Iterator[WeightedLayer]:
        fused = [weight for weight in layer.weights if weight.name in self.split]
        if not fused:
            yield layer
            return
        parts = {weight.name: self.split[weight.name] for weight in fused}
        for number in range(parts[fused[0].name]):
            own = tuple(_part(weight, number, parts[weight.name]) for weight in fused)
            settings = {**layer.settings, "parts": parts, "which": f"part {number}"}
            yield WeightedLayer(layer.path, layer.kind, own, settings, layer.inputs)
        rest = tuple(weight for weight in layer.weights if weight.name not in self.split)
        if rest:
            yield WeightedLayer(rest[0].name.rpartition(".")[0], "Linear", rest)

    def _all_parts(self, weights: Sequence[LayerWeight]) -> Iterator[LayerWeight]:
        for weight in weights:
            count = self.split.get(weight.name, 0)
            yield from (_part(weight, number, count) for number in range(count))
            if not count:
                yield weight


def _part(weight: LayerWeight, number: int, count: int) -> LayerWeight:
    shape = (weight.shape[0] // count, *weight.shape[1:])
    return LayerWeight(f"{weight.name}[{number}]", shape, weight.trainable)


def _joined(weights: Arrays) -> Arrays:
    """Return the weights with parts concatenated in their order."""
    found = {key: array for key, array in weights.items() if whole(key) == key}
    parts: dict[str, dict[int, Array]] = {}
    for key, array in weights.items():
        if whole(key) != key:
            number = int(key.removeprefix(whole(key))[1:-1])
            parts.setdefault(whole(key), {})[number] = array
    for key, own in parts.items():
        found[key] = np.concatenate([own[number] for number in sorted(own)])
    return found
