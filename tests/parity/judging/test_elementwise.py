"""Differences in blocks agree with the formulas that need whole copies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parity.judging import elementwise
from parity.judging.elementwise import (
    count_finite,
    largest_crossing,
    largest_gap,
    magnitude,
    nonfinite_mismatch,
    relative_gap,
    same_bits,
)

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
BLOCKS = st.sampled_from([1, 3, 1 << 17])
NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32) | st.sampled_from(
    [np.nan, np.inf, -np.inf, -0.0]
)


@st.composite
def pairs(draw):
    shape, dtype = draw(SHAPES), draw(st.sampled_from(["f4", "f8"]))
    return tuple(draw(hnp.arrays(dtype, shape, elements=NUMBERS)) for _ in range(2))


def in_blocks(size, compute):
    kept, elementwise._BLOCK = elementwise._BLOCK, size
    try:
        return compute()
    finally:
        elementwise._BLOCK = kept


@settings(max_examples=40)
@given(pairs(), BLOCKS)
def test_the_largest_gap_is_that_of_the_finite_elements(arrays, size):
    one, other = arrays
    gap = in_blocks(size, lambda: largest_gap(one, other))
    finite = np.isfinite(one) & np.isfinite(other)
    with np.errstate(invalid="ignore"):
        gaps = np.where(finite, np.abs(one.astype(float) - other.astype(float)), 0)
    assert gap.size == gaps.max(initial=0)
    if gaps.size:
        assert gaps[gap.index] == gap.size


@settings(max_examples=40)
@given(pairs())
def test_exchanging_the_arrays_changes_no_gap(arrays):
    one, other = arrays
    assert largest_gap(one, other) == largest_gap(other, one)
    assert largest_gap(one, one).size == 0


@settings(max_examples=40)
@given(pairs(), BLOCKS)
def test_magnitude_and_count_agree_with_the_plain_formulas(arrays, size):
    one, other = arrays
    assert in_blocks(size, lambda: magnitude(one)) == np.abs(one[np.isfinite(one)]).max(initial=0)
    both = int((np.isfinite(one) & np.isfinite(other)).sum())
    assert in_blocks(size, lambda: count_finite(one, other)) == both


@settings(max_examples=40)
@given(pairs(), BLOCKS)
def test_nan_and_infinities_must_be_the_same_at_the_same_places(arrays, size):
    one, other = arrays
    mismatch = in_blocks(size, lambda: nonfinite_mismatch(one, other))
    plain = [np.where(np.isfinite(array), 0, array) for array in arrays]
    unlike = ~((plain[0] == plain[1]) | (np.isnan(one) & np.isnan(other)))
    assert (mismatch.count if mismatch else 0) == unlike.sum()
    if mismatch:
        assert mismatch.first == tuple(np.argwhere(unlike)[0])


@settings(max_examples=40)
@given(pairs())
def test_bits_include_the_signs_of_zeros(arrays):
    one, other = arrays
    assert same_bits(one, other) == (one.tobytes() == other.tobytes())
    assert not same_bits(np.array([0.0]), np.array([-0.0]))


def test_a_crossing_is_of_an_element_positive_in_one_array_alone():
    one, other = np.array([1.0, -2.0, 3e-7, 0.0]), np.array([2.0, -9.0, -1e-7, -0.0])
    assert largest_crossing(one, other) == 3e-7
    assert largest_crossing(other, one) == 3e-7
    assert largest_crossing(one, one) == 0


@pytest.mark.parametrize(
    ("candidate", "gap"),
    [
        (np.array([1.0, -4.0]), 0.0),
        (np.array([1.0, -3.0]), 0.25),
        (None, np.inf),
        (np.array([[1.0, -4.0]]), np.inf),
        (np.array([1.0, np.nan]), np.inf),
        (np.array([1, -4]), 0.0),
        (np.array([1, -3]), np.inf),
    ],
)
def test_the_relative_gap_is_in_units_of_the_scale(candidate, gap):
    assert relative_gap(np.array([1.0, -4.0]), candidate) == gap


def test_a_scale_of_zero_allows_no_difference():
    assert relative_gap(np.zeros(2), np.zeros(2)) == 0
    assert relative_gap(np.zeros(2), np.array([0, 1e-30])) == np.inf
