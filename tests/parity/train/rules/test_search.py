"""The search finds the rule of an optimizer with its numbers, and none where there is none."""

import numpy as np
import pytest
import torch

from parity.train.rules.search import plain_rules, search
from tests.parity.train.rules.records import of_numpy, of_torch

OPTIM = torch.optim


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "features", "params"),
    [
        (lambda w: OPTIM.SGD(w, 0.1), {"family": "sgd", "momentum": "none"}, {}),
        (lambda w: OPTIM.SGD(w, 0.1, 0.7), {"momentum": "outside"}, {"momentum": 0.7}),
        (
            lambda w: OPTIM.Adam(w, 0.01, (0.8, 0.97), 1e-5),
            {"family": "adam", "epsilon": "outside"},
            {"beta1": 0.8, "beta2": 0.97, "epsilon": 1e-5},
        ),
        (
            lambda w: OPTIM.AdamW(w, 0.01, weight_decay=0.03),
            {"decay": "times the rate", "scope": "all weights"},
            {"decay": 0.03, "beta2": 0.999},
        ),
        (
            lambda w: OPTIM.RMSprop(w, 0.01),
            {"family": "rmsprop", "epsilon": "outside", "centered": "no"},
            {"rho": 0.99, "epsilon": 1e-8, "start": 0.0},
        ),
    ],
)
def test_optimizers_of_torch(make, features, params):
    found = search(of_torch(make)).found
    assert found is not None
    assert found.reproduces
    assert found.rule.features().items() >= features.items()
    assert found.params.items() >= params.items()


def test_a_random_update_follows_no_rule():
    random = np.random.default_rng(3)

    def update(state, weight, gradient, step):
        weight -= 0.1 * gradient * random.uniform(0.9, 1.1, gradient.shape)

    found = search(of_numpy(update, steps=16))
    assert found.found is None
    assert found.closest.error > 1e-3
    assert found.tried > len(plain_rules())


@pytest.mark.slow
def test_the_search_starts_from_a_rule_nearby():
    adam = search(of_torch(lambda w: OPTIM.Adam(w, 0.01))).found
    other = search(of_torch(lambda w: OPTIM.Adam(w, 0.01, amsgrad=True)), adam)
    assert other.found.rule.features()["amsgrad"] == "yes"
    assert other.tried < 16
