"""A constant factor or difference is described, and nothing else."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.diagnosing.patterns import describe_relation

ARRAY = np.random.default_rng(1).normal(size=(3, 5))


def tiny(gap):
    return gap < 1e-13


@given(factor=st.floats(-50, 50).filter(lambda f: abs(f) > 0.01 and abs(f - 1) > 0.01))
def test_a_factor_is_described(factor):
    assert f"{factor:.7g} times" in describe_relation(ARRAY, factor * ARRAY, tiny)


@pytest.mark.parametrize(
    ("factor", "described"),
    [
        (math.sqrt(8), "times the reference's, the root of 8"),
        (1 / math.sqrt(12), "times the reference's, 1 / the root of 12"),
        (1 / 7, "times the reference's, 1 / 7"),
        (7.0, "7 times the reference's"),
    ],
)
def test_roots_of_sizes_are_named(factor, described):
    assert describe_relation(ARRAY, factor * ARRAY, tiny).endswith(described)


@given(offset=st.floats(-50, 50).filter(lambda f: abs(f) > 0.01))
def test_a_constant_difference_is_described(offset):
    assert describe_relation(ARRAY, ARRAY + offset, tiny) == (
        f"every element is the reference's {offset:+.7g}"
    )


@pytest.mark.parametrize(
    "other",
    [ARRAY**2, ARRAY[::-1], np.where(ARRAY.max() == ARRAY, 2, 3) * ARRAY, ARRAY * np.nan],
)
def test_other_relations_are_not_described(other):
    assert describe_relation(ARRAY, other, tiny) == ""


def test_no_relation_is_described_between_constant_arrays():
    assert describe_relation(np.full(4, 2.0), np.full(4, 6.0), tiny) == ""
