"""The watch for float32 operations: what it notes, and how far it moves a result."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from parity.declaring.constants import Constant
from parity.declaring.float32_watch import Float32Operation, Float32Watch

EPS = float(np.finfo(np.float32).eps)
TINY = float(np.finfo(np.float32).tiny)
numbers = st.floats(-1e6, 1e6, width=32)


def test_each_operation_is_noted_once_and_no_constant_is_changed():
    watch = Float32Watch("exact")
    for where in ("a.py:1", "a.py:2", "a.py:1"):
        watch.see("Cast", where)
    assert watch.operations == [Float32Operation("Cast", f"a.py:{line}") for line in (1, 2)]
    watch.see("Mul", "", backward=True)
    assert len(watch.operations) == 2
    assert str(watch.operations[0]) == "Cast, a.py:1"
    assert str(Float32Operation("Cast", "")) == "Cast"
    assert not watch.note(("a", "b"), Constant("a", "1", "1"))
    assert not watch.change("Cast", np.array(0.1), np.array(np.float32(0.1)))


@given(arrays(np.float32, array_shapes(min_side=0), elements=numbers), st.integers(1, 9))
def test_elements_move_by_their_own_ulp_or_by_several_of_the_largest(array, steps):
    moved = Float32Watch("exact", seed=1).perturbed(array, steps)
    assert (moved.dtype, moved.shape) == (array.dtype, array.shape)
    size = np.abs(array) if steps == 1 else math.ceil(steps / 4) * np.abs(array).max(initial=0)
    # Threads in which TensorFlow has run flush what is smaller than the smallest normal number.
    assert np.all(np.abs(moved.astype(float) - array) <= 2 * size * EPS + TINY)


def test_two_calls_and_two_seeds_move_in_other_ways():
    array = np.linspace(1, 2, 50, dtype=np.float32)
    watch = Float32Watch("exact", seed=1)
    one, two = watch.perturbed(array), watch.perturbed(array)
    other = Float32Watch("exact", seed=2).perturbed(array)
    again = Float32Watch("exact", seed=1).perturbed(array)
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, other)
    assert np.array_equal(one, again)


def test_infinities_stay():
    array = np.array([np.inf, -np.inf, np.nan, 1], np.float32)
    moved = Float32Watch("exact", seed=3).perturbed(array, 4)
    np.testing.assert_array_equal(moved[:3], array[:3])


def test_what_was_not_rounded_is_exact():
    codes, halves = np.array([0, 3, 20], np.float32), np.array([0.5, 1], np.float32)
    assert Float32Watch.is_exact(codes)
    assert not Float32Watch.is_exact(halves)
    assert not Float32Watch.is_exact(codes * np.float32(2.0**24))
    assert Float32Watch.is_exact(halves, halves.astype(float))
    assert not Float32Watch.is_exact(halves, halves.astype(float) + 1e-9)
