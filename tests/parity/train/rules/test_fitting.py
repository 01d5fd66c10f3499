"""Numbers are fitted on the first steps, confirmed on the others, and rounded."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.train.rules.families import FAMILIES
from parity.train.rules.fitting import REPRODUCED, confirm, fit, fitted_steps, rounded
from parity.train.rules.replay import Rule
from tests.parity.train.rules.records import of_numpy, of_torch

ADAM = Rule("adam", tuple((n, o[0]) for n, o in FAMILIES["adam"].choices.items()))
OUTSIDE = Rule("adam", (("epsilon", "outside"), *ADAM.choices[1:]))


def adam(b1, b2, e):
    return of_torch(lambda w: torch.optim.Adam(w, 0.01, (b1, b2), e))


@pytest.mark.parametrize("numbers", [(0.9, 0.999, 1e-8), (0.8, 0.95, 1e-4)])
def test_numbers_of_adam_are_found(numbers):
    found = fit(OUTSIDE, adam(*numbers))
    assert found.reproduces
    fitted = [found.params[name] for name in ("beta1", "beta2", "epsilon")]
    np.testing.assert_allclose(fitted, numbers, rtol=1e-6)


@settings(max_examples=4)
@given(b1=st.floats(0.6, 0.95), b2=st.floats(0.9, 0.999), e=st.floats(1e-6, 1e-3))
def test_whatever_reproduces_has_the_right_numbers(b1, b2, e):
    found = fit(OUTSIDE, adam(b1, b2, e))
    if found.reproduces:
        assert np.allclose([found.params["beta1"], found.params["beta2"]], [b1, b2], rtol=1e-6)
        assert np.isclose(found.params["epsilon"], e, rtol=1e-3)


def test_a_rule_that_holds_on_the_fitted_steps_alone_is_not_confirmed():
    def update(state, weight, gradient, step):
        weight -= 0.1 * (gradient if step <= 12 else np.sign(gradient))

    found = of_numpy(update)
    assert fit(Rule("sgd"), found.first(12)).reproduces
    assert not fit(Rule("sgd"), found).reproduces
    assert fit(Rule("sgd"), found).confirmed == (fitted_steps(found) + 1, 24)


def test_rounding_keeps_what_reproduces():
    record = of_torch(lambda w: torch.optim.SGD(w, 0.1, 0.875))
    kind = Rule("sgd", momentum="outside")
    near = confirm(kind, {"momentum": 0.875 + 1e-14}, record)
    assert rounded(near, record).params == {"momentum": 0.875}
    odd = confirm(kind, {"momentum": 0.8751}, record)
    assert odd.error > REPRODUCED


def test_with_few_elements_the_rate_has_to_stay_the_same():
    record = of_torch(lambda w: torch.optim.SGD(w, 0.1)).elements(np.array([0]))
    assert fit(Rule("sgd"), record).reproduces
    adam = of_torch(lambda w: torch.optim.Adam(w, 0.1)).elements(np.array([0]))
    assert not fit(Rule("sgd"), adam).reproduces
