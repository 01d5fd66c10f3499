"""The rule by which golden values are held: rounding passes, a mistake does not."""

import numpy as np
import pytest

TRUE = np.random.default_rng(0).normal(size=500)
ROUNDED = TRUE.astype(np.float32)


def test_rounding_passes(assert_rounding):
    other_order = np.nextafter(ROUNDED, np.float32(0))
    assert_rounding(ROUNDED, other_order, TRUE, "x")


def test_a_wrong_golden_value_is_logic(assert_rounding):
    with pytest.raises(AssertionError, match="x: logic: golden error"):
        assert_rounding(ROUNDED * np.float32(1.0001), ROUNDED, TRUE, "x")


def test_needless_imprecision_is_told_apart(assert_rounding):
    with pytest.raises(AssertionError, match="x: imprecise"):
        assert_rounding(ROUNDED, ROUNDED * np.float32(1.0001), TRUE, "x")


@pytest.mark.parametrize(
    ("golden", "ours32", "ours64", "message"),
    [
        (ROUNDED, ROUNDED, TRUE[:-1], "golden"),
        (ROUNDED, TRUE, TRUE, "our float32 run gave float64"),
        (ROUNDED, ROUNDED, ROUNDED, "our float64 run gave float32"),
        (ROUNDED[:0], ROUNDED[:0], TRUE[:0], "nothing to compare"),
        (ROUNDED * np.nan, ROUNDED, TRUE, "not finite"),
    ],
)
def test_what_cannot_be_compared_fails(golden, ours32, ours64, message, assert_rounding):
    with pytest.raises(AssertionError, match=message):
        assert_rounding(golden, ours32, ours64, "x")
