"""Operands hold the order of their axes back, and write numbers with all their digits."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, fresh, number

ORDERS = list(permutations(range(3)))
HELD = np.arange(24).reshape(2, 3, 4)


class Permuted:
    """An array with torch's name for another order of axes."""

    def __init__(self, array):
        self.array = array

    def permute(self, *axes):
        return Permuted(self.array.transpose(axes))


def made(operand):
    """Return the reference's tensor as the operand's source makes it."""
    return eval(operand.plain, {"t": Permuted(HELD)}).array


@pytest.mark.parametrize("first", ORDERS)
@pytest.mark.parametrize("second", ORDERS)
def test_orders_are_composed(first, second):
    reference = HELD.transpose(first)
    operand = Operand("t", first, reference.shape)
    turned = operand.permuted(second)
    np.testing.assert_array_equal(made(operand), reference)
    np.testing.assert_array_equal(made(turned), reference.transpose(second))
    assert turned.shape == reference.transpose(second).shape
    assert turned.held_shape == operand.held_shape == HELD.shape


def test_the_order_of_the_source_needs_no_words():
    assert fresh("t", (2, 3)).plain == "t"
    assert Operand("t", (1, 0), (3, 2)).plain == "t.permute(1, 0)"
    assert Operand("t", (1, 0), (3, 2)).permuted((1, 0)).plain == "t"
    assert fresh("t", ()).held_shape == ()


def test_integers_of_constants_alone():
    assert Operand("", (0,), (2,), np.array([3, -1], np.int32)).integers == (3, -1)
    assert Operand("", (), (), np.array(7)).integers == (7,)
    for constant in (None, np.array([1.5]), np.array([True])):
        with pytest.raises(UntranslatedError, match="depends on data"):
            _ = Operand("t", (0,), (1,), constant).integers


@given(st.floats(allow_nan=False))
def test_a_float64_is_written_with_all_its_digits(value):
    assert eval(number(value)) == value


@given(st.floats(width=32, allow_nan=False))
def test_a_float32_is_not_taken_for_the_number_that_it_rounds(value):
    assert eval(number(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1.0, "1.0"),
        (1e-05, "1e-05"),
        (0.70710678118654757, "0.7071067811865476"),
        (np.float64(0.3), "0.3"),
        (np.float32(0.1).item(), "0.10000000149011612"),
        (2, "2"),
        (True, "True"),
        (float("inf"), 'float("inf")'),
        (float("-inf"), 'float("-inf")'),
    ],
)
def test_numbers_as_python_writes_them(value, text):
    assert number(value) == text


def test_what_is_no_number_is_written_too():
    assert np.isnan(eval(number(float("nan"))))
