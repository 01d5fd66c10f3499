"""Runs of both models under drawn weights, to see under which maps they agree.

Everything runs in float64. Layers agree if their difference is at most what a constant stored in
float32 causes; a wrong map of random weights causes a hundred thousand times as much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import draw_weights, generator
from parity.declaring.model_inputs import AxisOrder
from parity.declaring.models import Layer
from parity.declaring.weight import Weight
from parity.init.layouts import Layout, whole
from parity.judging import oracle
from parity.judging.elementwise import relative_gap
from parity.runners.whole_models import (
    LayerWeight,
    ModelDescription,
    OpenModel,
    Shape,
    WeightedLayer,
    axes_to_reference,
)

_AGREES = 4 * oracle.EPS32
_CHANNELS_FIRST = ("Conv", "BatchNorm", "GroupNorm", "InstanceNorm")


@dataclass(frozen=True)
class Trial:
    """Result of trying a map: the error of each output, and of each layer that both sides have.

    Errors are relative to the scale of the reference's values. `alone` holds those of layers that
    disagree in the whole model, run again on the reference's own input. `composites` are layers
    made of several that agree; they are among the intermediates.
    """

    outputs: Mapping[str, float]
    intermediates: Mapping[str, float]
    alone: Mapping[str, float] = field(default_factory=dict)
    composites: tuple[Layer, ...] = ()

    @property
    def score(self) -> int:
        """Return how much agrees; a layer that agrees only on the right input counts half."""
        values = [*self.outputs.values(), *self.intermediates.values()]
        return 2 * sum(map(_agrees, values)) + sum(map(_agrees, self.alone.values()))

    @property
    def full_score(self) -> int:
        """Return the score if everything agreed."""
        return 2 * (len(self.outputs) + len(self.intermediates))

    @property
    def agrees(self) -> bool:
        """Return whether all outputs agree."""
        return bool(self.outputs) and all(map(_agrees, self.outputs.values()))

    def error(self, layer: str) -> float:
        """Return the smallest error of a layer, in the whole model or alone."""
        missing = float("inf")
        return min(self.intermediates.get(layer, missing), self.alone.get(layer, missing))

    def confirms(self, layer: str) -> bool:
        """Return whether a layer agrees, in the whole model or alone."""
        return _agrees(self.error(layer))


def _agrees(error: float) -> bool:
    return error <= _AGREES


Pairing = tuple[WeightedLayer, WeightedLayer, Layout]


class Probe:
    """Both models, opened in float64, with one input and one draw of the reference's weights."""

    def __init__(
        self, reference: OpenModel, candidate: OpenModel, inputs: Arrays, seed: int
    ) -> None:
        self._reference, self._candidate, self._inputs = reference, candidate, inputs
        self.reference, self.candidate = reference.describe(inputs), candidate.describe(inputs)
        if any(layer.kind.startswith(_CHANNELS_FIRST) for layer in self.candidate.layers):
            self.reference = _with_channels(self.reference)
        self._weights = _draw(self.reference.weights, seed)
        # Different random numbers, so that nothing agrees by accident before a map is applied.
        self._initial = _draw(self.candidate.weights, seed + 1)
        self.runs = 0
        seen = [
            Layer(layer.path, "")
            for layer in (*self.reference.layers, *self.reference.composites)
            if layer.path and len(layer.inputs) == 1
        ]
        self.expected = reference.run(self._weights, inputs, seen)
        self._outputs = [
            name for name in self.expected if name.partition("/")[0] in ("output", "result")
        ]

    def influences(self) -> tuple[dict[str, frozenset[int]], dict[str, frozenset[int]]]:
        """Return which of the outputs, by number, change with each weight, for either side."""
        return (
            _influences(self._reference, self._weights, self._inputs),
            _influences(self._candidate, self._initial, self._inputs),
        )

    def try_map(self, pairings: Sequence[Pairing]) -> Trial:
        """Assign the reference's weights to the candidate by a map, run it, and compare."""
        self.runs += 1
        laid_out = self._laid_out(pairings)
        single = _comparable_layers(pairings)
        own = {layer.reference for layer in single}
        composites = [
            layer
            for layer in self._composites([layout for _, _, layout in pairings])
            if layer.reference not in own
        ]
        layers = [*single, *composites]
        names = [layer.reference for layer in layers]
        found = self._candidate.run(laid_out, self._inputs, layers)
        outputs = {
            name: relative_gap(self.expected[name], found.get(name)) for name in self._outputs
        }
        intermediates = {name: relative_gap(self.expected[name], found.get(name)) for name in names}
        alone = {
            layer.reference: self._alone(layer, laid_out)
            for layer in layers
            if not _agrees(intermediates[layer.reference])
        }
        trial = Trial(outputs, intermediates, alone)
        agreeing = tuple(layer for layer in composites if trial.confirms(layer.reference))
        others = {layer.reference for layer in composites if layer not in agreeing}
        return Trial(
            outputs,
            {name: error for name, error in intermediates.items() if name not in others},
            {name: error for name, error in alone.items() if name not in others},
            agreeing,
        )

    def _alone(self, layer: Layer, laid_out: Arrays) -> float:
        tensor = self.expected[f"{layer.reference}/input"]
        found = self._candidate.run_layer(layer, laid_out, tensor)
        return relative_gap(self.expected[layer.reference], found[layer.reference])

    def _laid_out(self, pairings: Sequence[Pairing]) -> Arrays:
        found = dict(self._initial)
        for _, _, layout in pairings:
            parts: dict[str, list[Array]] = {}
            for weight in layout.weights:
                arrays = weight.forward(self._weights[weight.name])
                for key, array in zip(weight.keys, arrays, strict=True):
                    parts.setdefault(whole(key), []).append(array)
            found |= {key: np.concatenate(a) if len(a) > 1 else a[0] for key, a in parts.items()}
            found |= {key: np.zeros_like(found[key]) for key in layout.zero}
        return found

    def _composites(self, layouts: Sequence[Layout]) -> list[Layer]:
        """List the composite layers (on one side or both) that have the same weights on both.

        They need not compute the same: one may do more than the other.
        """
        theirs = {
            _weight_names(layer): layer
            for layer in (*self.candidate.composites, *self.candidate.layers)
        }
        found: list[Layer] = []
        for layer in (*self.reference.composites, *self.reference.layers):
            own = [layout for layout in layouts if layout.names <= _weight_names(layer)]
            if frozenset().union(*(layout.names for layout in own)) != _weight_names(layer):
                continue
            partner = theirs.get(frozenset().union(*(layout.keys for layout in own)))
            if partner is None or (
                layer in self.reference.layers and partner in self.candidate.layers
            ):
                continue
            comparable = comparable_layer(layer, partner)
            if isinstance(comparable, Layer):
                found.append(comparable)
        return found


def _weight_names(layer: WeightedLayer) -> frozenset[str]:
    return frozenset(weight.name for weight in layer.weights)


def _comparable_layers(pairings: Sequence[Pairing]) -> list[Layer]:
    """List the layers that can be compared: those with one partner in the candidate."""
    partners: dict[str, dict[str, Layer | str]] = {}
    for reference, candidate, _ in pairings:
        comparable = comparable_layer(reference, candidate)
        partners.setdefault(reference.path, {})[candidate.path] = comparable
    found = [next(iter(layers.values())) for layers in partners.values() if len(layers) == 1]
    return [layer for layer in found if isinstance(layer, Layer)]


def comparable_layer(reference: WeightedLayer, candidate: WeightedLayer) -> Layer | str:
    """Return the layer to check alone, or the reason why it cannot be.

    It must take one tensor on either side, and the shapes must agree in some order of axes: by
    default PyTorch's image layers have the channels first, its recurrent ones the time.
    """
    if not (reference.path and candidate.path):
        return "is the whole model itself"
    for side, layer in (("reference", reference), ("candidate", candidate)):
        if not layer.inputs or layer.output is None:
            return f"the {side} does not call it separately"
        if len(layer.inputs) > 1:
            return (
                f"takes {len(layer.inputs)} tensors in the {side}; checked within the whole model"
            )
    if reference.settings.get("go_backwards"):
        return "runs backwards; checked within the whole model"
    for order in _axis_orders(candidate):
        last = _returns_last_step(reference, candidate, order)
        if last and candidate.settings.get("bidirectional"):
            return "returns the last step of either direction; checked within the whole model"
        if last is not None:
            return Layer(reference.path, candidate.path, order, last)
    return (
        f"takes {reference.inputs[0]} and returns {reference.output} in the reference, "
        f"{candidate.inputs[0]} and {candidate.output} in the candidate"
    )


def _axis_orders(candidate: WeightedLayer) -> list[AxisOrder]:
    """List the orders of axes that the candidate's layer may have, likeliest first."""
    if len(candidate.inputs[0]) < 3:
        return ["same"]
    first: AxisOrder = "same"
    if candidate.kind.startswith(_CHANNELS_FIRST):
        first = "channels first"
    elif candidate.settings.get("batch_first") is False:
        first = "time first"
    return [first, *(order for order in get_args(AxisOrder) if order != first)]


def _returns_last_step(
    reference: WeightedLayer, candidate: WeightedLayer, order: AxisOrder
) -> bool | None:
    """Return whether the candidate returns all steps and the reference the last.

    None if the shapes do not agree in this order of axes.
    """
    if _reordered(candidate.inputs[0], order) != reference.inputs[0]:
        return None
    assert candidate.output is not None
    output = _reordered(candidate.output, order)
    if output == reference.output:
        return False
    stepwise = len(output) == 3 and (output[0], output[2]) == reference.output
    return True if stepwise else None


def _reordered(shape: Shape, order: AxisOrder) -> Shape:
    return tuple(shape[axis] for axis in axes_to_reference(order, len(shape)))


def _with_channels(model: ModelDescription) -> ModelDescription:
    """Add to each Dense the numbers of channels that an image flattened into it may have had."""
    channels: list[int] = []
    layers: list[WeightedLayer] = []
    for layer in model.layers:
        kernel = layer.weight("kernel") if layer.kind == "Dense" else None
        if kernel and layer.inputs and len(layer.inputs[0]) == 2:
            rows = kernel.shape[0]
            some = tuple(n for n in dict.fromkeys(channels) if 1 < n < rows and rows % n == 0)
            layer = replace(layer, settings={**layer.settings, "flattened": some})
        if layer.output is not None and len(layer.output) > 2:
            channels.insert(0, layer.output[-1])
        layers.append(layer)
    return replace(model, layers=tuple(layers))


def _draw(weights: Sequence[LayerWeight], seed: int) -> Arrays:
    return draw_weights(
        tuple(
            Weight(w.name, w.shape, (w.name,), positive=w.name.endswith(("variance", "var")))
            for w in weights
        ),
        seed,
    )


def _influences(model: OpenModel, weights: Arrays, inputs: Arrays) -> dict[str, frozenset[int]]:
    base = list(model.run(weights, inputs, ()).values())
    found = {}
    for name, array in weights.items():
        # A different factor for each element, as many functions ignore a common one.
        factors = generator(f"moved/{name}", 1).uniform(0.5, 1.5, array.shape)
        after = list(model.run({**weights, name: array * factors}, inputs, ()).values())
        pairs = enumerate(zip(base, after, strict=True))
        found[name] = frozenset(n for n, (a, b) in pairs if not _agrees(relative_gap(a, b)))
    model.run(weights, inputs, ())
    return found
