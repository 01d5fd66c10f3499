"""Orders of axes that sizes do not tell are decided by layers and values."""

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from parity.arrays import Array, Arrays
from parity.declaring.model_inputs import AxisOrder, Input, Output
from parity.init.decided_orders import decide, has_channels
from parity.init.orders import Stated, find_orders, fitting_orders
from parity.init.probe import Probe
from parity.runners.whole_models import (
    LayerWeight,
    ModelDescription,
    OpenCandidate,
    WeightedLayer,
    axes_to_candidate,
    axes_to_reference,
)

FIRST: AxisOrder = "channels first"
CONV, DENSE = ("Conv", "Conv"), ("Dense", "Linear")


def to_reference(array: Array, order: AxisOrder) -> Array:
    return array.transpose(axes_to_reference(order, array.ndim))


def to_candidate(array: Array, order: AxisOrder) -> Array:
    return array.transpose(axes_to_candidate(order, array.ndim))


class Reference:
    """Sums over the second axis of what a layer over the last axis returns."""

    def __init__(self, kind: str, axes: int) -> None:
        self.kind, self.axes = kind, axes
        ones = (1,) * (axes - 2) if "Conv" in kind else ()
        self.weights = {"layer/kernel": np.zeros((*ones, 3, 3))}

    def describe(self, inputs: Arrays) -> ModelDescription:
        kind = f"Conv{self.axes - 2}D" if self.kind == "Conv" else self.kind
        return self._described("layer", kind, inputs)

    def _described(self, path: str, kind: str, inputs: Arrays) -> ModelDescription:
        shape = inputs["x"].shape
        weights = tuple(LayerWeight(name, array.shape) for name, array in self.weights.items())
        layer = WeightedLayer(path, kind, weights, inputs=(shape,), output=shape)
        return ModelDescription((layer,), {"output": shape})

    def run(self, weights: Arrays, inputs: Arrays, layers) -> Arrays:
        x = inputs["x"]
        y = x @ weights.get("layer/kernel", self.weights["layer/kernel"]).reshape(3, 3)
        found = {"output": np.cumsum(y, 1)}
        if layers:
            found |= {"layer": y, "layer/input": x}
        return found


class Candidate(Reference):
    """The same, with other orders of axes; `swaps` exchanges the second and the third."""

    def __init__(self, kind: str, axes: int, takes: AxisOrder, returns: AxisOrder, swaps=False):
        super().__init__(kind, axes)
        self.takes, self.returns, self.swaps = takes, returns, swaps
        self.orders, self.outputs = dict[str, AxisOrder](), dict[str, Output]()
        ones = (1,) * (axes - 2) if kind == "Conv" else ()
        self.weights = {"layer.weight": np.zeros((3, 3, *ones))}

    def describe(self, inputs: Arrays) -> ModelDescription:
        kind = f"Conv{self.axes - 2}d" if self.kind == "Conv" else self.kind
        return self._described("layer", kind, inputs)

    def run(self, weights: Arrays, inputs: Arrays, layers) -> Arrays:
        x = to_reference(to_candidate(inputs["x"], self.orders["x"]), self.takes)
        y = x @ weights["layer.weight"].reshape(3, 3).T
        found = {}
        for layer in layers:
            found |= {layer.reference: y, f"{layer.reference}/input": x}
        y = np.cumsum(y, 1)
        y = to_candidate(y.swapaxes(1, 2) if self.swaps else y, self.returns)
        order = self.outputs["output"].order if "output" in self.outputs else "same"
        return {**found, "output": to_reference(y, order)}

    def run_passing(self, weights: Arrays, inputs: Arrays, layers, returned) -> Arrays:
        return self.run(weights, inputs, layers)

    def run_layer(self, layer, weights: Arrays, tensor: Array) -> Arrays:
        return {layer.reference: tensor @ weights["layer.weight"].reshape(3, 3).T}


class TwoOutputs(Reference):
    """Also returns what the layer returns, before the sum."""

    def describe(self, inputs: Arrays) -> ModelDescription:
        found = super().describe(inputs)
        return replace(found, outputs={"output": inputs["x"].shape, "output/b": inputs["x"].shape})

    def run(self, weights: Arrays, inputs: Arrays, layers) -> Arrays:
        found = super().run(weights, inputs, layers)
        kernel = weights.get("layer/kernel", self.weights["layer/kernel"])
        return {**found, "output/b": inputs["x"] @ kernel.reshape(3, 3)}


class TwoOrders(Candidate):
    """The same, which it returns with the channels last, but its sum with the channels first."""

    def describe(self, inputs: Arrays) -> ModelDescription:
        found = super().describe(inputs)
        return replace(found, outputs={"output": inputs["x"].shape, "output/b": inputs["x"].shape})

    def run(self, weights: Arrays, inputs: Arrays, layers) -> Arrays:
        found = super().run(weights, inputs, layers)
        x = to_reference(to_candidate(inputs["x"], self.orders["x"]), self.takes)
        order = self.outputs["output/b"].order if "output/b" in self.outputs else "same"
        y = x @ weights["layer.weight"].reshape(3, 3).T
        return {**found, "output/b": to_reference(y, order)}


def decided(kinds, candidate, stated: Stated | None = None, reference_type=Reference):
    axes = candidate.axes
    reference = reference_type(kinds[0], axes)
    arrays = {"x": np.random.default_rng(1).normal(size=(4, *(3,) * (axes - 1)))}
    inputs, expected = {"x": Input((3,) * (axes - 1))}, reference.describe(arrays)
    opened = cast(OpenCandidate, candidate)
    inputs = find_orders(opened, arrays, inputs, expected, stated)
    choices = fitting_orders(opened, arrays, inputs, expected, stated)
    return decide(opened, choices, lambda: Probe(reference, candidate, arrays, 1))


@pytest.mark.parametrize("axes", [3, 4, 5])
@pytest.mark.parametrize("takes", ["same", FIRST])
@pytest.mark.parametrize("returns", ["same", FIRST])
def test_values_decide_where_layers_have_channels(axes, takes, returns):
    candidate = Candidate("Conv", axes, takes, returns)
    found = decided(CONV, candidate)
    assert found.orders.images == {"x": takes, "output": returns}
    assert candidate.orders == {"x": takes}
    assert "values decided" in found.note
    assert (
        found.doubtful == (takes != returns) == ("permute that the candidate forgets" in found.note)
    )
    assert has_channels(found.probe)
    assert found.probe.runs == 0


@pytest.mark.parametrize("kinds", [CONV, DENSE])
@pytest.mark.parametrize("order", ["same", FIRST])
def test_exchanged_height_and_width_fit_no_order(kinds, order):
    found = decided(kinds, Candidate(kinds[1], 4, order, order, swaps=True))
    assert not found.orders.mixed
    assert found.doubtful
    assert "the outputs differ in each" in found.note


@pytest.mark.parametrize("returns", ["same", FIRST])
def test_without_channels_only_one_order_of_all_is_taken(returns):
    """A transposed output of attention would be absorbed otherwise."""
    found = decided(DENSE, Candidate("Linear", 3, "same", returns))
    assert found.orders.images == {"x": "same", "output": "same"}
    assert found.doubtful == (returns == FIRST) == ("taken for a mistake" in found.note)
    all_first = decided(DENSE, Candidate("Linear", 3, FIRST, FIRST))
    assert all_first.orders.images == {"x": FIRST, "output": FIRST}
    assert not has_channels(all_first.probe)


def test_the_users_order_is_not_overruled():
    stated = Stated(frozenset({"x"}), {}, "same")
    found = decided(CONV, Candidate("Conv", 4, FIRST, FIRST), stated)
    assert found.orders.images == {"x": "same", "output": "same"}
    assert found.note == ""
    output = Stated(outputs={"output": "same"})
    found = decided(CONV, Candidate("Conv", 4, FIRST, FIRST), output)
    assert found.orders.images["output"] == "same"
    assert "the outputs differ in each" in found.note


def test_each_output_has_an_order_of_its_own():
    candidate = TwoOrders("Conv", 4, FIRST, FIRST)
    found = decided(CONV, candidate, reference_type=TwoOutputs)
    assert found.orders.images == {"x": FIRST, "output": FIRST, "output/b": "same"}
    assert found.doubtful


class Symmetric(Candidate):
    """The same, but all that is returned is summed over all axes but the first."""

    def run(self, weights: Arrays, inputs: Arrays, layers) -> Arrays:
        found = super().run(weights, inputs, layers)
        return {**found, "output": summed(inputs["x"], found["output"])}


class SymmetricReference(Reference):
    def run(self, weights: Arrays, inputs: Arrays, layers) -> Arrays:
        found = super().run(weights, inputs, layers)
        return {**found, "output": summed(inputs["x"], found["output"])}


def summed(x: Array, y: Array) -> Array:
    """Return an array that is the same in every order of axes but the first."""
    return np.broadcast_to(y.sum(axis=tuple(range(1, y.ndim)), keepdims=True), x.shape)


def test_where_values_do_not_tell_it_says_so():
    candidate = Symmetric("Conv", 4, FIRST, FIRST)
    found = decided(CONV, candidate, reference_type=SymmetricReference)
    assert found.orders.images == {"x": FIRST, "output": FIRST}
    assert "nothing distinguishes them" in found.note
    assert not found.doubtful
