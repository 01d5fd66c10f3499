"""The bounds: what they allow, what they never allow, and how they scale."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parity.judging import oracle
from parity.judging.oracle import Bounds

# Powers of two, so that scaling is exact; far enough from TINY32.
SCALES = st.integers(-40, 40).map(lambda exponent: 2.0**exponent)
ERRORS = st.floats(0, 1e3)


def test_the_floor_is_a_few_ulps_of_the_scale():
    floor = oracle.FLOOR_ULPS * oracle.EPS32
    assert oracle.bounds(1.0, 0.0, 0.0).logic == pytest.approx(256 * oracle.EPS64)
    assert oracle.bounds(1.0, 0.0, 0.0).rounding == oracle.ROUNDING_FACTOR * floor


def test_the_candidate_may_round_eight_times_as_much_as_the_reference():
    assert oracle.bounds(1.0, 1e-3, 1.0).rounding == pytest.approx(8e-3)


@given(SCALES, ERRORS, ERRORS, st.floats(1, 1e3))
def test_bounds_grow_with_the_scale_and_with_either_error(scale, reference, candidate, factor):
    small = oracle.bounds(scale, reference, candidate)
    for large in (
        oracle.bounds(scale * factor, reference, candidate),
        oracle.bounds(scale, reference * factor, candidate),
        oracle.bounds(scale, reference, candidate * factor),
    ):
        assert large.logic >= small.logic
        assert large.rounding >= small.rounding


@given(SCALES, st.floats(1e-6, 1), st.floats(0, 1), SCALES)
def test_bounds_are_relative_to_the_unit(scale, reference, candidate, unit):
    assume(min(scale, scale * unit) > 1e-12)
    one = oracle.bounds(scale, reference * scale, candidate * scale)
    other = oracle.bounds(scale * unit, reference * scale * unit, candidate * scale * unit)
    assert other == Bounds(one.logic * unit, one.rounding * unit)


@given(SCALES, st.floats(0, 1), st.floats(0, 1e6))
def test_no_error_within_the_scale_lets_a_ten_millionth_of_it_pass(scale, reference, candidate):
    allowed = oracle.bounds(scale, reference * scale, candidate * scale).logic
    assert allowed < 1.3e-7 * scale * max(1.0, oracle.ROUNDING_FACTOR * reference)


def test_a_candidate_far_off_does_not_loosen_its_own_check():
    assert oracle.bounds(1.0, 0.0, 1e6) == oracle.bounds(1.0, 0.0, 1.0)


def test_numbers_below_the_smallest_normal_float32_may_be_flushed_to_zero():
    assert oracle.bounds(1e-44, 0.0, 0.0).rounding == oracle.ROUNDING_FACTOR * oracle.TINY32


@pytest.mark.parametrize(
    ("reference_error", "gap", "may_be"),
    [(1e-9, 1e-8, True), (1e-9, 1e-6, False), (0.6, 1e-6, True)],
    ids=["a larger error would allow it", "no error would", "float32 says nothing"],
)
def test_only_small_gaps_or_worthless_float32_may_be_sampling_errors(reference_error, gap, may_be):
    assert oracle.may_be_sampling_error(1.0, reference_error, gap) is may_be


def test_the_candidates_error_counts_as_rounding_only_up_to_its_factor():
    assert oracle.observed_rounding(1e-3, 1e-4) == 1e-3
    assert oracle.observed_rounding(1e-3, 5e-3) == 5e-3
    assert oracle.observed_rounding(1e-3, 1.0) == 8e-3


def test_the_rounding_of_zero_is_smaller_in_float64_by_the_ratio_of_the_precisions():
    ratio = oracle.EPS64 / oracle.EPS32
    assert oracle.is_rounding_of_zero(ratio, 1.0)
    assert not oracle.is_rounding_of_zero(10 * ratio, 1.0)


@pytest.mark.parametrize(
    ("single", "double", "gap", "zero"),
    [
        (1e-7, 1e-16, 1e-7, True),
        (0.0, 1e-16, 1e-16, True),
        (1e-7, 1e-7, 1e-14, False),
        (1e-3, 1e-16, 1e-3, False),
        (1e-7, 1e-9, 1e-7, False),
    ],
    ids=["rounding", "exactly zero", "digits agree", "too large a float32", "too large a float64"],
)
def test_zero_to_rounding_needs_small_values_without_common_digits(single, double, gap, zero):
    left = oracle.cancellation_bounds(1.0, 1)
    assert oracle.is_zero_to_rounding(single, double, gap, left) is zero


def test_cancellation_counts_numbers_of_size_one_at_least_and_long_sums():
    assert oracle.cancellation_bounds(1e-9, 1) == oracle.cancellation_bounds(1.0, 1)
    long = oracle.cancellation_bounds(3.0, 1000)
    assert long == Bounds(3000 * oracle.EPS64, 3000 * oracle.EPS32)


def test_without_float64_the_bound_is_the_classical_one_up_to_a_limit():
    assert oracle.fallback_bound(2.0, 100) == 200 * oracle.EPS32
    assert oracle.fallback_bound(1.0, 3, "bfloat16") == 3 * 2.0**-7
    assert oracle.fallback_limit(2.0) == 2 * oracle.FALLBACK_LIMIT
    assert oracle.fallback_limit(1.0, "bfloat16") == 4 * 2.0**-7
