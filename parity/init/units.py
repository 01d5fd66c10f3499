"""Units of the pairing: a whole layer of a known kind, or a single weight of another layer.

A weight without a rule for its layout may be stored in any way that its shape allows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import prod

import numpy as np

from parity.init.attention_heads import heads_layouts
from parity.init.fused_layers import is_part, part_layouts
from parity.init.images import image_layouts
from parity.init.layouts import Layout, LayoutCall, known_layout, positive
from parity.init.projections import projection_layouts
from parity.init.split_layers import is_two, joined_layers, members, split_layouts
from parity.runners.whole_models import LayerWeight, Shape, WeightedLayer, without_ones

# The numbers of the model's outputs that a weight affects, by the weight's name.
Influence = Callable[[str], frozenset[int]]

# Kinds whose kernels hold gates side by side, and how many.
_GATES = {"GRU": 3, "GRUCell": 3, "LSTM": 4, "LSTMCell": 4}
# With more layouts than this, none is tried, as probing them would take minutes.
_MOST_LAYOUTS = 400


@dataclass(frozen=True)
class Unit:
    """Some weights of one layer; `order` counts units as the model calls them."""

    layer: WeightedLayer
    weights: tuple[LayerWeight, ...]
    order: int

    @property
    def name(self) -> str:
        """Return the name of the weight, or of the layer."""
        return self.weights[0].name if len(self.weights) == 1 else self.layer.name

    @property
    def members(self) -> frozenset[str]:
        """Return the one or two layers that this represents, each by its first weight."""
        if is_two(self.layer):
            return frozenset(layer.weights[0].name for layer in members(self.layer))
        return frozenset({self.weights[0].name})

    def influence(self, influence: Influence) -> frozenset[int]:
        """Return which of the model's outputs any of its weights changes."""
        return frozenset().union(*(influence(weight.name) for weight in self.weights))

    def has_influence(self, influence: Influence) -> bool:
        """Return whether any of the model's outputs depends on any of its weights."""
        return any(influence(weight.name) for weight in self.weights)


def layer_units(layers: Sequence[WeightedLayer]) -> list[Unit]:
    """Return every layer as one unit."""
    return [Unit(layer, layer.weights, number) for number, layer in enumerate(layers)]


def joined_units(
    reference: Sequence[WeightedLayer], candidate: Sequence[WeightedLayer]
) -> list[Unit]:
    """Return every two layers of the candidate that can hold one of the reference's, as one unit.

    Its order is that of the layer called second.
    """
    order = {layer.weights[0].name: number for number, layer in enumerate(candidate)}
    return [
        Unit(two, two.weights, max(order[layer.weights[0].name] for layer in members(two)))
        for two in joined_layers(reference, candidate)
    ]


def weight_units(layers: Sequence[WeightedLayer], taken: set[str]) -> list[Unit]:
    """Return every weight that is not taken as one unit."""
    left = [(x, weight) for x in layers for weight in x.weights if weight.name not in taken]
    return [Unit(layer, (weight,), number) for number, (layer, weight) in enumerate(left)]


def unit_layouts(reference: Unit, candidate: Unit) -> list[Layout]:
    """List how the candidate's unit may store the reference's, likeliest first."""
    is_layer = reference.weights == reference.layer.weights
    if is_two(candidate.layer):
        return split_layouts(reference.layer, candidate.layer) if is_layer else []
    if len(reference.weights) == len(candidate.weights) == 1:
        layouts = _layer_layouts(reference.layer, candidate.layer) if is_layer else []
        if layouts:
            return layouts
        found = weight_layouts(reference.weights[0], candidate.weights[0])
        # A projection stores its matrix as (out, in), which the reference's layer rarely does.
        return found[::-1] if _is_projection(candidate.layer) and len(found) > 1 else found
    layouts = _layer_layouts(reference.layer, candidate.layer)
    return layouts or gated_layouts(reference.layer, candidate.weights)


def _layer_layouts(reference: WeightedLayer, candidate: WeightedLayer) -> list[Layout]:
    """List the layouts that follow from the kinds of both layers; empty if none does."""
    heads = heads_layouts(reference, candidate)
    if heads or is_part(candidate):
        return heads or part_layouts(reference, candidate)
    layout = known_layout(reference, candidate)
    if layout:
        return [layout, *image_layouts(reference, layout)]
    return projection_layouts(reference, candidate)


def _is_projection(layer: WeightedLayer) -> bool:
    """Return whether PyTorch's layer is a Linear, or a convolution over one element."""
    weight = layer.weight("weight")
    single = weight is not None and all(length == 1 for length in weight.shape[2:])
    return layer.kind == "Linear" or (single and layer.kind in ("Conv1d", "Conv2d", "Conv3d"))


def weight_layouts(reference: LayerWeight, candidate: LayerWeight) -> list[Layout]:
    """List how one weight may be stored in another, the plainest first."""
    found: dict[bytes, Layout] = {}
    for call in _weight_calls(reference, candidate):
        # Two orders of axes are the same layout where an axis has a single element.
        (weight,) = call.weights
        (array,) = weight.forward(np.arange(prod(weight.shape)).reshape(weight.shape))
        found.setdefault(array.tobytes(), Layout((call,)))
    return list(found.values())


def _weight_calls(reference: LayerWeight, candidate: LayerWeight) -> Iterator[LayoutCall]:
    name, shape, key, held = reference.name, reference.shape, candidate.name, candidate.shape
    if shape == held:
        yield LayoutCall("same", (name, shape, key), positive(name))
    axes = tuple(range(len(shape)))
    if len(shape) == len(held):
        for order in permutations(axes):
            if order != axes and tuple(shape[axis] for axis in order) == held:
                yield LayoutCall("transposed", (name, shape, key, order))
        return
    if prod(shape) != prod(held):
        return
    if len(shape) == 3 and len(held) == 2:
        # The heads of an attention: (size, heads, head size), or (heads, head size, size).
        for flat in ((shape[0], shape[1] * shape[2]), (shape[0] * shape[1], shape[2])):
            if flat[::-1] == held:
                yield LayoutCall("folded", (name, shape, key, flat))
    yield LayoutCall("reshaped", (name, shape, key, held))
    for order in _orders_but_for_ones(shape, held):
        yield LayoutCall("reshaped", (name, shape, key, held, order))


def _orders_but_for_ones(shape: Shape, held: Shape) -> Iterator[Shape]:
    """Yield the orders of axes that give the other shape, apart from axes of one element."""
    ones = [axis for axis, length in enumerate(shape) if length == 1]
    long = [axis for axis, length in enumerate(shape) if length > 1]
    wanted = list(without_ones(held))
    for some in permutations(long):
        if list(some) != long and [shape[axis] for axis in some] == wanted:
            yield (*ones, *some)


def gated_layouts(reference: WeightedLayer, weights: tuple[LayerWeight, ...]) -> list[Layout]:
    """List how a recurrent layer may be held in these weights, in every order of its gates.

    All its weights have their gates in the same order, Keras' own first. Empty if the layer has no
    gates, or if no shapes fit.
    """
    gates = _GATES.get(reference.kind)
    if gates is None or len(weights) < len(reference.weights):
        return []
    found: list[Layout] = []
    for order in permutations(range(gates)):
        for calls in product(*(_gated_calls(own, weights, order) for own in reference.weights)):
            keys = [key for call in calls for weight in call.weights for key in weight.keys]
            if len(set(keys)) == len(keys):
                found.append(Layout(tuple(calls)))
            if len(found) > _MOST_LAYOUTS:
                return []
    return found


def _gated_calls(
    weight: LayerWeight, candidates: tuple[LayerWeight, ...], gates: tuple[int, ...]
) -> list[LayoutCall]:
    name, shape = weight.name, weight.shape
    plain = gates == tuple(range(len(gates)))
    found: list[LayoutCall] = []
    for other in candidates:
        key = other.name
        if other.shape == shape:
            same = LayoutCall("same", (name, shape, key))
            found.append(same if plain else LayoutCall("gated", (name, shape, key, gates)))
        if len(shape) == 2 and other.shape == shape[::-1]:
            turned = LayoutCall("transposed", (name, shape, key, (1, 0)))
            gated = LayoutCall("gated", (name, shape, key, gates, (1, 0)))
            found.append(turned if plain else gated)
    if len(shape) == 2 and shape[0] == 2:
        rows = [other.name for other in candidates if other.shape == shape[1:]]
        size = shape[1] // len(gates)
        found += [
            LayoutCall("gated_rows", (name, size, pair, gates)) for pair in permutations(rows, 2)
        ]
    return found


def same_name(reference: str, candidate: str) -> bool:
    """Return whether two paths are equal up to the frameworks' spelling and naming."""
    return _plain(reference) == _plain(candidate)


_ROLES = {
    "kernel": "weight",
    "gamma": "weight",
    "embeddings": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _plain(path: str) -> list[str]:
    components = path.lower().replace("/", ".").split(".")
    return [_ROLES.get(part, part).replace("_", "") for part in components]
