"""Runs of both models under drawn weights, to see under which maps they agree.

Everything runs in float64, or in float32 if a model cannot. Layers agree if their difference is at
most what a constant stored in float32 causes; a wrong map of random weights causes a hundred
thousand times as much.
"""

from collections.abc import Sequence

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.model_sides import Layer
from parity.init.attention_heads import with_heads
from parity.init.comparable_layers import (
    comparable_layer,
    comparable_layers,
)
from parity.init.dataflow import InputMatcher
from parity.init.drawn_weights import draw, influence
from parity.init.fused_layers import PartedCandidate, fused_weights
from parity.init.images import (
    CHANNELS_FIRST,
    channels_last,
    may_be_image,
    returned_channels,
    with_channels,
)
from parity.init.layouts import Layout
from parity.init.own_constants import own_constants, without
from parity.init.trial import AGREES, Trial
from parity.judging.elementwise import relative_gap
from parity.runners.whole_models import OpenModel, PassingModel, WeightedLayer

Pairing = tuple[WeightedLayer, WeightedLayer, Layout]


class Probe:
    """Both models, opened in one dtype, with one input and one draw of the reference's weights."""

    def __init__(
        self,
        reference: OpenModel,
        candidate: PassingModel,
        inputs: Arrays,
        seed: int,
        dtype: str = "float64",
    ) -> None:
        self._within = AGREES[dtype]
        self._reference, self._candidate, self._inputs = reference, candidate, inputs
        self.reference, self.candidate = reference.describe(inputs), candidate.describe(inputs)
        self.constants = own_constants(self.reference, self.candidate)
        self.candidate = without(self.candidate, self.constants)
        self.reference = with_heads(self.reference, self.candidate)
        split = fused_weights(self.reference, self.candidate)
        if split:
            self._candidate = parted = PartedCandidate(candidate, split)
            self.candidate = parted.parted(self.candidate)
        if any(layer.kind.startswith(CHANNELS_FIRST) for layer in self.candidate.layers):
            self.reference = with_channels(self.reference)
        self._weights = draw(self.reference.weights, seed)
        # Different random numbers, so that nothing agrees by accident before a map is applied.
        self._initial = draw(self.candidate.weights, seed + 1)
        self.runs = 0
        self._influences: dict[str, frozenset[int]] = {}
        self._bases: dict[int, list[Array]] = {}
        seen = [
            Layer(layer.path, "")
            for layer in (*self.reference.layers, *self.reference.composites)
            if layer.path and layer.inputs
        ]
        self.expected = reference.run(self._weights, inputs, seen)
        self.matcher = InputMatcher(self.expected, self._within)
        self._ours = [
            (layer, _weight_names(layer), single)
            for layers, single in (
                (self.reference.composites, False),
                (self.reference.layers, True),
            )
            for layer in layers
        ]
        self._theirs = {
            _weight_names(layer): layer
            for layer in (*self.candidate.composites, *self.candidate.layers)
        }
        self._keys_of = {
            layer.path: _weight_names(layer)
            for layer in (*self.candidate.composites, *self.candidate.layers)
        }
        self._errors_alone: dict[tuple[Layer, tuple[str, ...]], float] = {}
        # Recorded in every run, under names that no layer of the reference has.
        self._flow = [
            Layer(f"@{layer.path}", layer.path)
            for layer in self.candidate.layers
            if layer.path and layer.inputs
        ]
        # They are compared in place only.
        both = (*self.reference.layers, *self.reference.composites)
        self._several = {layer.path for layer in both if len(layer.inputs) > 1}
        self.output_names = [
            name for name in self.expected if name.partition("/")[0] in ("output", "result")
        ]

    @property
    def records(self) -> int:
        """Return the number of records that the models are run on."""
        return len(next(iter(self._inputs.values())))

    def runs_on(self, inputs: Arrays) -> bool:
        """Return whether both models run on other inputs, with the weights that they have."""
        try:
            self._reference.run({}, inputs, ())
            self._candidate.run({}, inputs, ())
        except Exception:
            return False
        return True

    def influence(self, weight: str) -> frozenset[int]:
        """Return which of the outputs, by number, change with a weight of either side."""
        if weight not in self._influences:
            side, weights = (
                (self._reference, self._weights)
                if weight in self._weights
                else (self._candidate, self._initial)
            )
            if id(side) not in self._bases:
                self._bases[id(side)] = list(side.run(weights, self._inputs, ()).values())
            base = self._bases[id(side)]
            self._influences[weight] = influence(side, weights, self._inputs, base, weight)
        return self._influences[weight]

    def try_map(self, pairings: Sequence[Pairing]) -> Trial:
        """Assign the reference's weights to the candidate by a map, run it, and compare."""
        self.runs += 1
        laid_out = self._laid_out(pairings)
        layouts = [layout for _, _, layout in pairings]
        single = comparable_layers(pairings)
        own = {layer.reference for layer in single}
        composites = [layer for layer in self._composites(layouts) if layer.reference not in own]
        layers = [*single, *composites]
        names = [layer.reference for layer in layers]
        found = self._candidate.run(laid_out, self._inputs, [*layers, *self._flow])
        images = {one.path: returned_channels(layout) for one, _, layout in pairings}
        for path, channels in images.items():
            if channels and path in found:
                found[path] = channels_last(found[path], channels)
        outputs = {
            name: relative_gap(self.expected[name], found.get(name)) for name in self.output_names
        }
        intermediates = {name: relative_gap(self.expected[name], found.get(name)) for name in names}
        alone = {
            layer.reference: self._alone(layer, laid_out, layouts)
            for layer in layers
            if intermediates[layer.reference] > self._within
            and layer.reference not in self._several
            and not images.get(layer.reference)
        }
        trial = Trial(outputs, intermediates, alone, within=self._within)
        agreeing = tuple(layer for layer in composites if trial.confirms(layer.reference))
        optional = {layer.reference for layer in composites} | self._several
        others = {name for name in names if name in optional and not trial.confirms(name)}
        return Trial(
            outputs,
            {name: error for name, error in intermediates.items() if name not in others},
            {name: error for name, error in alone.items() if name not in others},
            agreeing,
            self._matches(found),
            self._within,
        )

    def _matches(self, found: Arrays) -> frozenset[tuple[str, str]]:
        """Pair the layers of both sides that were given the same tensor in a run."""
        given = {
            layer.candidate: found[f"{layer.reference}/input"]
            for layer in self._flow
            if f"{layer.reference}/input" in found
        }
        return self.matcher.matches(given)

    def try_aligned(self, pairings: Sequence[Pairing]) -> Trial:
        """Try a map as `try_map` does, with each layer passing on what the reference's returns.

        What one layer computes otherwise then changes nothing behind it, and each layer shows
        whether it is given what its partner is.
        """
        self.runs += 1
        laid_out, layouts = self._laid_out(pairings), [layout for _, _, layout in pairings]
        # What follows a layer with several orders of channels shows which of them it is.
        turned = {one.path for one, _, _ in pairings if may_be_image(one)}
        layers = [one for one in comparable_layers(pairings) if one.reference not in turned]
        returned = {o.reference: self.expected[o.reference] for o in layers if not o.last}
        observed = [*layers, *self._flow]
        found = self._candidate.run_passing(laid_out, self._inputs, observed, returned)

        def gap(name: str) -> float:
            return relative_gap(self.expected[name], found.get(name))

        matches = self._matches(found)
        given = {
            layer.reference: 0.0
            if (layer.reference, layer.candidate) in matches
            else gap(f"{layer.reference}/input")
            for layer in layers
        }
        alone = {
            layer.reference: gap(layer.reference)
            if given[layer.reference] <= self._within
            else self._alone(layer, laid_out, layouts)
            for layer in layers
            if layer.reference not in self._several
        }
        outputs = {name: gap(name) for name in self.output_names}
        return Trial(outputs, given, alone, (), matches, self._within, aligned=True)

    def _alone(self, layer: Layer, laid_out: Arrays, layouts: Sequence[Layout]) -> float:
        """Return a layer's error alone; infinite if it needs more than its first tensor.

        It depends on the layer's own weights, so it is computed once for each layout of these.
        """
        keys = self._keys_of[layer.candidate]
        own = (repr(layout.calls) for layout in layouts if not keys.isdisjoint(layout.keys))
        known = (layer, tuple(own))
        if known not in self._errors_alone:
            weights = {key: laid_out[key] for key in keys}
            self._errors_alone[known] = self._run_alone(layer, weights)
        return self._errors_alone[known]

    def _run_alone(self, layer: Layer, weights: Arrays) -> float:
        try:
            found = self._candidate.run_layer(
                layer, weights, self.expected[f"{layer.reference}/input"]
            )
        except Exception:
            return float("inf")
        return relative_gap(self.expected[layer.reference], found[layer.reference])

    def _laid_out(self, pairings: Sequence[Pairing]) -> Arrays:
        found = dict(self._initial)
        for _, _, layout in pairings:
            parts: dict[str, list[Array]] = {}
            for weight in layout.weights:
                arrays = weight.forward(self._weights[weight.name])
                for key, array in zip(weight.keys, arrays, strict=True):
                    parts.setdefault(layout.holder(key), []).append(array)
            found |= {key: np.concatenate(a) if len(a) > 1 else a[0] for key, a in parts.items()}
            found |= {key: np.zeros_like(found[key]) for key in layout.zero}
            found |= {key: np.ones_like(found[key]) for key in layout.kept}
        return found

    def _composites(self, layouts: Sequence[Layout]) -> list[Layer]:
        """List the composite layers (on one side or both) that have the same weights on both.

        They need not compute the same: one may do more than the other.
        """
        found: list[Layer] = []
        by_name = {name: layout for layout in layouts for name in layout.names}
        for layer, names, single in self._ours:
            own = {id(by_name[name]): by_name[name] for name in names if name in by_name}
            if frozenset().union(*(layout.names for layout in own.values())) != names:
                continue
            keys = frozenset().union(*(layout.keys for layout in own.values()))
            partner = self._theirs.get(keys)
            if partner is None or (single and partner in self.candidate.layers):
                continue
            comparable = comparable_layer(layer, partner)
            if isinstance(comparable, Layer):
                found.append(comparable)
        return found


def _weight_names(layer: WeightedLayer) -> frozenset[str]:
    return frozenset(weight.name for weight in layer.weights)
