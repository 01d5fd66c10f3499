"""Tensors of the two sides are matched by their numbers, whatever their order."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.diagnosing.lining_up.matching import Layout, Numbers, find_layout

X = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
SPECIAL = X.copy()
SPECIAL.flat[[1, 5, 17]] = np.nan, np.inf, -np.inf
LEAST = np.finfo(np.float64).min


def applied(layout, array):
    """Return what a layout makes of a candidate's tensor."""
    turned = array.transpose(layout.axes)
    return turned.reshape(layout.shape) if layout.shape else turned


@pytest.mark.parametrize("axes", list(permutations(range(4)))[::3])
@pytest.mark.parametrize("array", [X, SPECIAL, X > 0.8], ids=["plain", "special", "bool"])
def test_other_orders_of_axes(array, axes):
    layout = find_layout(array, array.transpose(axes))
    assert layout is not None
    assert layout.shape == ()
    np.testing.assert_array_equal(applied(layout, array), array.transpose(axes))


def test_as_they_are_first():
    assert find_layout(X, X) == Layout((0, 1, 2, 3))
    assert find_layout(X, X).is_plain
    assert find_layout(np.ones((2, 2)), np.ones((2, 2))).is_plain
    assert not Layout((1, 0)).is_plain
    assert not Layout((0, 1), (6,)).is_plain


@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 0, 2, 1)])
@pytest.mark.parametrize("shape", [(120,), (6, 20), (2, 60), (8, 3, 5), (2, 1, 60)])
def test_other_shapes_and_both(axes, shape):
    reference = X.transpose(axes).reshape(shape)
    layout = find_layout(X, reference)
    assert layout is not None
    assert layout.shape == shape
    np.testing.assert_array_equal(applied(layout, X), reference)


@settings(max_examples=40)
@given(st.data())
def test_what_is_found_gives_the_references_tensor(data):
    shape = data.draw(st.lists(st.integers(1, 3), min_size=0, max_size=4))
    axes = data.draw(st.permutations(range(len(shape))))
    array = np.random.default_rng(2).normal(size=shape)
    reference = array.transpose(axes)
    if data.draw(st.booleans()):
        reference = reference.reshape(-1)
    layout = find_layout(array, reference)
    assert layout is not None
    np.testing.assert_array_equal(applied(layout, array), reference)


def test_rounding_is_alike_and_no_more():
    assert find_layout(X, X * (1 + 1e-13)) is not None
    for error in (1e-6, 1e-8):
        assert find_layout(X, X * (1 + error)) is None
        near = X.copy()
        near[0, 0, 0, 0] *= 1 + error
        assert find_layout(X, near) is None
        assert find_layout(X[..., None].transpose(4, 3, 2, 1, 0), near) is None


def test_rounding_beside_zero_is_alike():
    zeros = X.copy()
    zeros[0] = 0
    noise = zeros + 1e-16 * X
    assert find_layout(zeros, noise) is not None
    assert find_layout(noise, zeros) is not None


@pytest.mark.parametrize("mask", [-1e9, -1e30, LEAST, -np.inf])
def test_a_mask_does_not_make_all_else_alike(mask):
    """As a limit relative to the largest number would."""
    masked = np.where(X > 0.5, mask, X)
    assert find_layout(masked, masked.transpose(0, 2, 3, 1)) is not None
    assert find_layout(masked, np.where(X > 0.5, mask, X * (1 + 1e-6))) is None
    numbers = Numbers([masked], [0])
    assert numbers.holding(masked.transpose(3, 0, 1, 2)) == [0]


def test_infinities_and_what_is_no_number_must_be_in_their_places():
    assert find_layout(SPECIAL, SPECIAL) is not None
    assert find_layout(SPECIAL, X) is None
    other = SPECIAL.copy()
    other.flat[5] = -np.inf
    assert find_layout(SPECIAL, other) is None


def test_sizes_differ_and_too_many_axes():
    assert find_layout(X, X[:1]) is None
    deep = X.reshape(1, 1, 2, 3, 4, 5)
    assert find_layout(deep, deep) is None


def test_opposite_numbers_are_others():
    assert find_layout(X, -X) is None
    assert Numbers([-X], [0]).holding(X) == []


def test_numbers_are_found_in_the_order_of_the_run():
    tensors = [X, X + 1, X.transpose(1, 0, 3, 2).reshape(-1), X[:1], np.zeros(0), SPECIAL]
    numbers = Numbers(tensors, range(6))
    assert numbers.holding(X) == [0, 2]
    assert numbers.holding(X.reshape(8, 15)) == [0, 2]
    assert numbers.holding(SPECIAL.reshape(-1)) == [5]
    assert numbers.holding(X * (1 + 1e-6)) == []
    assert numbers.holding(np.zeros(0)) == []
    assert Numbers(tensors, [1, 2]).holding(X) == [2]


def test_whole_numbers_are_found():
    ints = np.arange(12).reshape(3, 4)
    assert Numbers([ints], [0]).holding(ints.T.astype(np.float64)) == [0]
    assert find_layout(ints.T, ints) == Layout((1, 0))


def test_runs_in_float32_are_alike_within_its_rounding():
    one = np.linspace(1.0, 2.0, 12).reshape(3, 4).astype(np.float32)
    other = (one * np.float32(1 + 1e-6)).T
    assert find_layout(one, other) is None
    assert find_layout(one, other, "float32") == Layout((1, 0))
    assert find_layout(one, other * np.float32(1.001), "float32") is None
    assert Numbers([other], [0]).holding(one) == []
    assert Numbers([other], [0], "float32").holding(one) == [0]
