"""Rules replayed part by part: clipping, decay, momentum, and the rate of each step."""

import numpy as np
import pytest

from parity.train.rules.replay import Rule, replay
from tests.parity.train.rules.records import of_numpy

COLUMN = {"momentum": np.array([[0.875]]), "decay": np.array([[0.25]])}


def rate(step):
    return 0.1 if step < 7 else 0.02


def replayed(rule, update, **params):
    found = replay(rule, {**COLUMN, **params}, of_numpy(update, steps=12))
    return float(found.largest()[0]), found.rates[0]


def inside(state, weight, gradient, step):
    state["v"] = 0.875 * state.get("v", 0) - rate(step) * gradient
    weight += state["v"]


def outside(state, weight, gradient, step):
    state["v"] = 0.875 * state.get("v", 0) + gradient
    weight -= rate(step) * state["v"]


def test_a_schedule_separates_the_places_of_the_rate():
    for update, right, wrong in ((inside, "inside", "outside"), (outside, "outside", "inside")):
        error, rates = replayed(Rule("sgd", momentum=right), update)
        assert error < 1e-11
        np.testing.assert_allclose(rates, [rate(step) for step in range(1, 13)])
        assert replayed(Rule("sgd", momentum=wrong), update)[0] > 0.1


@pytest.mark.parametrize(
    ("decay", "share"),
    [("times the rate", rate), ("not times the rate", lambda step: 1.0)],
)
def test_decoupled_decay(decay, share):
    def update(state, weight, gradient, step):
        if weight.ndim > 1:
            weight *= 1 - 0.25 * share(step)
        weight -= rate(step) * np.sign(gradient)

    params = {"beta1": np.array([[0.0]]), "beta2": np.array([[0.5]])}
    rule = Rule("lion", decay=decay, scope="matrices only")
    assert replayed(rule, update, **params)[0] < 1e-11
    assert replayed(Rule("lion", decay=decay), update, **params)[0] > 1e-3


@pytest.mark.parametrize("added", [0.0, 1e-6])
def test_clipping_by_the_norm_of_each_weight(added):
    def update(state, weight, gradient, step):
        gradient = gradient * min(1, 0.1 / (np.sqrt((gradient**2).sum()) + added))
        inside(state, weight, gradient, step)

    kind = "norm of each weight" + (" + 1e-6" if added else "")
    threshold = np.array([[0.1]])
    rule = Rule("sgd", momentum="inside", clipping=kind)
    assert replayed(rule, update, threshold=threshold)[0] < 1e-11
    assert replayed(Rule("sgd", momentum="inside"), update)[0] > 1e-3


def test_a_rate_of_zero_is_a_step_without_movement():
    def update(state, weight, gradient, step):
        weight -= (0.0 if step == 1 else 0.1) * gradient

    error, rates = replayed(Rule("sgd"), update)
    assert error < 1e-11
    assert rates[0] == 0


def test_parameters_and_features():
    rule = Rule("sgd", momentum="dampened", clipping="value", decay="coupled")
    assert rule.parameters() == ("momentum", "dampening", "threshold", "decay")
    assert Rule("adagrad", (("epsilon", "inside"),)).parameters() == ("start",)
    assert Rule("sgd", scope="matrices only").features()["scope"] == "all weights"
