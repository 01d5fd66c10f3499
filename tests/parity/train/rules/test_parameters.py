"""Numbers of rules: their starts, the scale of a fit, and rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.train.rules.parameters import from_fit, rounder, starts, to_fit
from parity.train.rules.replay import Rule
from tests.parity.train.rules.records import of_numpy


@given(value=st.floats(1e-6, 1 - 1e-6))
@pytest.mark.parametrize("name", ["beta1", "epsilon", "decay"])
def test_the_scale_of_a_fit_is_undone(name, value):
    assert np.isclose(from_fit(name, np.array([to_fit(name, value)]))[0], value, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("beta2", 0.999 + 1e-12, 0.999),
        ("beta1", 0.9 + 1e-12, 0.9),
        ("epsilon", 1e-7 * (1 + 1e-9), 1e-7),
        ("momentum", 0.875 + 1e-13, 0.875),
        ("beta1", float(np.float32(0.9)) + 1e-16, float(np.float32(0.9))),
        ("start", 3e-9, 0.0),
    ],
)
def test_numbers_that_somebody_chose(name, value, expected):
    assert expected in rounder(name, value)


def test_starts_of_a_threshold_come_from_the_record():
    def update(state, weight, gradient, step):
        weight -= 0.1 * gradient

    record = of_numpy(update, steps=6)
    found = starts(Rule("sgd", clipping="value"), record)
    sizes = np.abs(record.gradients)
    assert all(sizes.min() <= start["threshold"] <= sizes.max() for start in found)
    assert starts(Rule("sgd"), record) == [{}]
