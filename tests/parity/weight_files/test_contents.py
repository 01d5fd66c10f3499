"""Arrays of weight files as float32: the same values or an error."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from parity.errors import InputError
from parity.weight_files.contents import StoredArray, WeightFile, as_float32, same_bits

HERE = Path("w.npz")


@given(arrays.arrays(np.float32, arrays.array_shapes(min_dims=0), elements=st.floats(width=32)))
def test_float32_keeps_its_bits(array):
    assert same_bits(as_float32(HERE, "w", array), array)


def test_narrower_and_exact_numbers_are_taken():
    half = np.array([1.5, -(2**-24)], np.float16)
    assert np.array_equal(as_float32(HERE, "w", half), [1.5, -(2**-24)])
    assert np.array_equal(as_float32(HERE, "w", np.array([0.5, np.nan])), [0.5, np.nan], True)
    big = np.arange(4, dtype=">f4").reshape(2, 2).T
    assert as_float32(HERE, "w", big).flags.c_contiguous


@pytest.mark.parametrize("array", [np.array([0.1]), np.array([1e300]), np.arange(3)])
def test_numbers_that_would_change_are_refused(array):
    with pytest.raises(InputError, match=r"w.npz: 'w' is (float64|int64)"):
        as_float32(HERE, "w", array)


def test_bits_are_compared():
    zero = np.zeros(2, np.float32)
    assert same_bits(zero, zero.copy())
    assert not same_bits(zero, -zero)
    assert not same_bits(zero, zero.reshape(1, 2))
    assert not same_bits(zero, zero.astype(np.float64))
    assert same_bits(np.full(1, np.nan), np.full(1, np.nan))
    assert same_bits(zero[:0], zero[:0])


def test_arrays_are_found_by_name():
    file = WeightFile(HERE, "named arrays", (StoredArray("a", np.ones(1)),))
    assert list(file.by_name()) == ["a"]
