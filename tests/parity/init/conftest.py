"""Small models in numpy that can be probed like any framework's: chains of dense layers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from parity.arrays import Array, Arrays
from parity.declaring.model_sides import Layer
from parity.init.probe import Probe
from parity.runners.whole_models import LayerWeight, ModelDescription, WeightedLayer


@dataclass
class Chain:
    """A model `y = tanh(x @ w)` layer by layer, or the sum of its layers if `summed`.

    Layers of the kernels in `other` return a little more; with `nearly`, what they pass on is off
    by that alone, as if another layer undid the rest.
    """

    kernels: Sequence[str]
    kind: str
    transposed: bool = False
    summed: bool = False
    scale: float = 1.0
    beside: bool = False
    size: int = 3
    other: Sequence[str] = ()
    nearly: float = 0.0

    @property
    def weights(self) -> Arrays:
        return {name: np.zeros((self.size, self.size)) for name in self.kernels}

    def _path(self, kernel: str) -> str:
        return kernel.replace(".", "/").rpartition("/")[0]

    def describe(self, inputs: Arrays) -> ModelDescription:
        shape = inputs["x"].shape
        layers = (
            WeightedLayer(
                self._path(kernel),
                self.kind,
                (LayerWeight(kernel, (self.size, self.size)),),
                inputs=(shape,),
                output=shape,
            )
            for kernel in self.kernels
        )
        return ModelDescription(tuple(layers), {"output": shape})

    def _layer(self, x: Array, kernel: Array) -> Array:
        return np.tanh(x @ (kernel.T if self.transposed else kernel))

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        return self.run_passing(weights, inputs, layers, {})

    def run_passing(
        self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer], returned: Arrays
    ) -> Arrays:
        found, x = {}, inputs["x"]
        outputs = []
        for kernel in self.kernels:
            path, y = self._path(kernel), self._layer(x, weights[kernel])
            y = 1.01 * y if kernel in self.other else y
            names = [o.reference for o in layers if path == (o.candidate or o.reference)]
            for name in names:
                found |= {f"{name}/input": x, name: y}
            if kernel in self.other and self.nearly:
                y = y / 1.01 * (1 + self.nearly)
            y = next((returned[name] for name in names if name in returned), y)
            outputs.append(y)
            x = x if self.summed else y
        y = self.scale * (np.sum(outputs, axis=0) if self.summed else x)
        return {**found, "output": y + inputs["x"] if self.beside else y}

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        (kernel,) = (k for k in self.kernels if self._path(k) == layer.candidate)
        y = self._layer(tensor, weights[kernel])
        return {layer.reference: 1.01 * y if kernel in self.other else y}


@pytest.fixture
def make_probe():
    """Make a probe of a reference and a candidate chain."""

    def make(
        reference: Sequence[str],
        candidate: Sequence[str],
        summed: bool = False,
        unknown: bool = False,
        scale: float = 1.0,
        beside: bool = False,
        other: Sequence[str] = (),
        nearly: float = 0.0,
    ) -> Probe:
        kinds = ("Own", "Own") if unknown else ("Dense", "Linear")
        ours = Chain(reference, kinds[0], summed=summed)
        theirs = Chain(
            candidate,
            kinds[1],
            True,
            summed=summed,
            scale=scale,
            beside=beside,
            other=other,
            nearly=nearly,
        )
        x = np.random.default_rng(1).normal(size=(4, 3))
        return Probe(ours, theirs, {"x": x}, 1)

    return make
