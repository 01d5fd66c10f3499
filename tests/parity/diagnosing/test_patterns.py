"""How a mismatch looks: a factor or a constant, and never where it is neither."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.diagnosing import patterns

ARRAY = np.random.default_rng(1).normal(size=(3, 5))


def tiny(gap):
    return gap < 1e-13


@given(factor=st.floats(-50, 50).filter(lambda f: abs(f) > 0.01 and abs(f - 1) > 0.01))
def test_a_factor_is_seen(factor):
    assert f"{factor:.7g} times" in patterns.between(ARRAY, factor * ARRAY, tiny)


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (math.sqrt(8), "times the reference's, the root of 8"),
        (1 / math.sqrt(12), "times the reference's, 1 / the root of 12"),
        (1 / 7, "times the reference's, 1 / 7"),
        (7.0, "7 times the reference's"),
    ],
)
def test_roots_of_sizes_are_named(factor, said):
    assert patterns.between(ARRAY, factor * ARRAY, tiny).endswith(said)


@given(offset=st.floats(-50, 50).filter(lambda f: abs(f) > 0.01))
def test_a_constant_more_is_seen(offset):
    assert patterns.between(ARRAY, ARRAY + offset, tiny) == (
        f"all of it is the reference's {offset:+.7g}"
    )


@pytest.mark.parametrize(
    "other",
    [ARRAY**2, ARRAY[::-1], np.where(ARRAY.max() == ARRAY, 2, 3) * ARRAY, ARRAY * np.nan],
)
def test_what_is_neither_has_no_pattern(other):
    assert patterns.between(ARRAY, other, tiny) == ""


def test_of_one_value_any_number_is_a_multiple_so_none_is_told():
    assert patterns.between(np.full(4, 2.0), np.full(4, 6.0), tiny) == ""
