"""Weights of a probe, and the outputs that each of them moves."""

from typing import Any

import numpy as np

from parity.init.drawn_weights import draw, influence
from parity.runners.whole_models import LayerWeight

WEIGHTS = [LayerWeight("a/kernel", (2, 2)), LayerWeight("norm/moving_variance", (40,))]


class Model:
    """Two outputs, one of which hardly depends on `faint`, and none on `idle`."""

    def run(self, weights, inputs, layers):
        x = inputs["x"]
        return {"one": x * weights["strong"], "two": x + 1e-10 * weights["faint"]}


def test_variances_are_positive_and_draws_depend_on_name_and_seed():
    first, again, other = draw(WEIGHTS, 1), draw(WEIGHTS, 1), draw(WEIGHTS, 2)
    assert np.all(first["norm/moving_variance"] > 0)
    np.testing.assert_array_equal(first["a/kernel"], again["a/kernel"])
    assert np.any(first["a/kernel"] != other["a/kernel"])


def test_which_outputs_a_weight_moves_however_little():
    weights = {name: np.ones(3) for name in ("strong", "faint", "idle")}
    inputs = {"x": np.array([1.0, 2.0, 3.0])}
    model: Any = Model()
    base = list(model.run(weights, inputs, ()).values())

    def moved(name):
        return influence(model, weights, inputs, base, name)

    assert moved("strong") == {0}
    assert moved("faint") == {1}
    assert moved("idle") == frozenset()
