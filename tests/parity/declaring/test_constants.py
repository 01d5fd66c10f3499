"""A change of a constant is noted by operation and value, and never beyond half a float32 ulp."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.declaring.constants import (
    Constant,
    ConstantChanges,
    are_within_half_ulp,
    round_to_float32,
)


@given(st.floats())
def test_rounding_moves_a_number_by_no_more_than_half_an_ulp(value):
    rounded = float(round_to_float32(np.array(value)))
    if np.isnan(value) or np.isinf(value):
        assert np.array_equal(rounded, value, equal_nan=True)
    else:
        assert abs(rounded - value) <= 2.0**-24 * abs(value)


@pytest.mark.parametrize("kept", [1e300, 1e-300, 1e-42, -np.inf, 0.0])
def test_what_float32_cannot_hold_stays_as_it_is(kept):
    assert float(round_to_float32(np.array(kept))) == kept


def test_a_change_is_noted_once_with_both_values():
    changes = ConstantChanges("rounded")
    exact, held = np.array(0.1), round_to_float32(np.array(0.1))
    assert changes.change("mul", exact, held, "model.py:3")
    assert changes.change("mul", exact, held, "model.py:9")
    (constant,) = changes.found.values()
    assert constant == Constant("mul", "0.1", "0.10000000149011612", "model.py:3")


def test_what_changes_nothing_is_not_noted():
    changes = ConstantChanges("rounded")
    assert not changes.change("mul", np.array(0.5), round_to_float32(np.array(0.5)))
    assert not changes.found


def test_a_skipped_constant_stays():
    first = ConstantChanges("exact")
    first.change("Cast", np.array(0.1), np.array(np.float32(0.1)))
    again = ConstantChanges("exact", skip=frozenset(first.found))
    assert not again.change("Cast", np.array(0.1), np.array(np.float32(0.1)))
    assert not again.found
    assert not again.values


def test_a_table_is_told_by_its_values_and_named_by_its_shape():
    changes, table = ConstantChanges("rounded"), np.arange(1, 7).reshape(2, 3) / 7
    for each in (table, table.copy(), table + 1e-12):
        assert changes.change("add", each, round_to_float32(each))
    assert [constant.value for constant in changes.found.values()] == ["table of 2x3"] * 2


def test_a_table_of_one_number_is_named_by_the_number():
    changes = ConstantChanges("exact")
    changes.change("add", np.full((2, 3), 0.1), np.full((2, 3), float(np.float32(0.1))))
    assert [constant.value for constant in changes.found.values()] == ["0.1"]


def test_half_an_ulp_is_the_limit():
    ulp = float(np.spacing(np.float32(0.1)))
    assert are_within_half_ulp(np.array(0.1), np.array(0.1 + 0.49 * ulp))
    assert not are_within_half_ulp(np.array(0.1), np.array(0.1 + 0.51 * ulp))
