"""Comparison of one step: bounds, the spread of correct runs, and what can still be judged."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.judging.oracle import FALLBACK_LIMIT, ROUNDING_FACTOR
from parity.judging.verdict import Verdict
from parity.train.drift import RUNS, QuantityComparison, Spread, compare, is_decidable

SAME = QuantityComparison("weight/w", 1.0, 0.0, 0.0, 1e-8, 1e-8, 1e-15, 1e-7)


def runs(**changes):
    truth = np.array([0.5, -1.0, 0.25])
    values = {run: truth.astype(f"float{run[-2:]}") for run in RUNS} | changes
    return {run: {"loss": values[run]} for run in RUNS}


@pytest.mark.parametrize(
    ("changes", "verdict", "said"),
    [
        ({}, Verdict.IDENTICAL, "float32 error 1e-08 at a scale of 1, the reference's is 1e-08"),
        ({"difference32": 1e-8}, Verdict.EQUIVALENT, "float32 error"),
        ({"candidate_error": 2e-7}, Verdict.IMPRECISE, "float32 error 2e-07"),
        ({"difference64": 2e-15}, Verdict.DIFFERENT, "float64 runs differ by 2e-15"),
        ({"structure_error": "NaN"}, Verdict.STRUCTURE, "NaN"),
        ({"structure_error": "NaN", "difference64": 1.0}, Verdict.STRUCTURE, "NaN"),
        ({"candidate_error": 1.0, "difference64": 1.0}, Verdict.DIFFERENT, "float64 runs"),
    ],
)
def test_verdict_and_description(changes, verdict, said):
    comparison = replace(SAME, **changes)
    assert comparison.verdict is verdict
    assert comparison.describe().startswith(said)


def test_excess_is_relative_to_the_bound():
    assert SAME.excess == 0
    assert replace(SAME, difference64=3e-15).excess == pytest.approx(3)
    assert replace(SAME, logic=0.0).excess == 0


def test_the_four_runs_are_compared_in_the_right_pairs():
    (found,) = compare(
        runs(
            reference32=np.array([0.5, -1.0, 0.25 + 2**-20], np.float32),
            candidate32=np.array([0.5, -1.0 - 2**-18, 0.25], np.float32),
            candidate64=np.array([0.5 + 2**-10, -1.0, 0.25]),
        ),
        {},
    )
    assert found.name == "loss"
    assert found.scale == 1.0
    assert found.difference32 == 2**-18
    assert found.difference64 == 2**-10
    assert found.reference_error == 2**-20
    assert found.candidate_error == 2**-18
    assert found.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("run", "said"),
    [("candidate32", "in float32"), ("candidate64", "in float64"), ("reference64", "in float64")],
)
def test_nan_on_one_side_is_a_structure_error(run, said):
    (found,) = compare(runs(**{run: np.array([0.5, np.nan, 0.25], f"float{run[-2:]}")}), {})
    assert found.structure_error == f"NaN or infinity on one side only, {said}"


def test_nan_on_both_sides_is_not():
    nan = np.array([0.5, np.nan, 0.25])
    (found,) = compare(runs(**{run: nan.astype(f"float{run[-2:]}") for run in RUNS}), {})
    assert found.verdict is Verdict.IDENTICAL


def test_a_spread_is_looked_up_by_name():
    off = runs(candidate64=np.array([0.5 + 1e-9, -1.0, 0.25]))
    assert compare(off, {"gradient/w": Spread(0.0, 1.0)})[0].verdict is Verdict.DIFFERENT
    assert compare(off, {"loss": Spread(0.0, 1e-9)})[0].verdict is not Verdict.DIFFERENT


def test_spreads_widen_in_each_precision():
    assert Spread(1.0, 2.0).widened(Spread(3.0, 1.0)) == Spread(3.0, 2.0)


@given(
    difference=st.floats(1e-30, 1e3),
    scale=st.floats(1e-6, 1e3),
    error=st.floats(0, 1e-3),
    spread=st.floats(0, 1e3),
)
def test_the_spread_of_correct_runs_is_allowed(difference, scale, error, spread):
    bare = QuantityComparison("weight/w", scale, 0.0, difference, error, error, 0.0, 0.0)
    bare = bare.allowing(Spread())
    wider = bare.allowing(Spread(float64=spread))
    assert wider.logic >= bare.logic
    assert (wider.verdict is Verdict.DIFFERENT) == (
        difference > max(bare.logic, ROUNDING_FACTOR * spread)
    )


def test_a_step_is_decidable_while_bounds_are_small_beside_what_was_learned():
    weight = replace(SAME, logic=FALLBACK_LIMIT)
    assert is_decidable([weight], 1.0)
    assert not is_decidable([weight], 0.99)
    assert is_decidable([weight], 0.0)  # nothing has moved yet
    assert is_decidable([replace(weight, name="loss")], 0.5)  # only weights count
