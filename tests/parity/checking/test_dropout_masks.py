"""Masks of the reference, given to the candidate in its own layout."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from parity.checking.dropout_masks import MaskMatcher
from parity.declaring.training_mode import Draw

RANDOM = np.random.default_rng(1)


def draw(values, shape=None, rate=0.3):
    shape = values.shape if shape is None else shape
    return Draw(rate, shape, RANDOM.random(shape, dtype=np.float32), values)


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


@given(order=st.permutations(range(4)), seed=st.integers(0, 99))
def test_any_order_of_axes_is_found(order, seed):
    values = np.random.default_rng(seed).standard_normal((2, 3, 4, 5))
    reference = draw(values)
    matcher = MaskMatcher((draw(normal(2, 3, 4, 5)), reference))
    numbers = matcher.choose(draw(values.transpose(order) + 1e-7))
    assert np.array_equal(numbers, reference.numbers.transpose(order))
    assert matcher.matched == [(1,)]


def test_a_reshaped_tensor_has_a_reshaped_mask():
    values = normal(2, 3, 4, 4)
    reference = draw(values)
    numbers = MaskMatcher((reference,)).choose(draw(values.reshape(6, 4, 4)))
    assert np.array_equal(numbers, reference.numbers.reshape(6, 4, 4))
    both = values.transpose(0, 2, 1, 3).reshape(2, 4, 12)
    numbers = MaskMatcher((reference,)).choose(draw(both))
    assert np.array_equal(numbers, reference.numbers.transpose(0, 2, 1, 3).reshape(2, 4, 12))


def test_a_mask_of_channels_moves_with_the_channels_and_is_never_broadcast():
    values = normal(2, 3, 4, 5)
    reference = draw(values, (2, 1, 1, 5))
    moved = values.transpose(0, 3, 1, 2)
    numbers = MaskMatcher((reference,)).choose(draw(moved, (2, 5, 1, 1)))
    assert np.array_equal(numbers, reference.numbers.transpose(0, 3, 1, 2))
    matcher = MaskMatcher((reference,))
    for other in ((2, 5, 3, 4), (2, 1, 3, 4), (2, 1, 1, 1)):
        assert matcher.choose(draw(moved, other)) is None
    assert matcher.matched == [()] * 3


def test_a_mask_of_rows_survives_a_reshape():
    values = normal(4, 3, 2, 5)
    reference = draw(values, (4, 1, 1, 1))
    numbers = MaskMatcher((reference,)).choose(draw(values.reshape(4, 6, 5), (4, 1, 1)))
    assert np.array_equal(numbers, reference.numbers.reshape(4, 1, 1))


def test_masks_of_gates_are_stacked_or_joined():
    ones = np.ones((4, 5), np.float32)
    masks = tuple(draw(ones) for _ in range(3))
    numbers = [mask.numbers for mask in masks]
    stacked = MaskMatcher(masks).choose(draw(np.ones((3, 4, 5))))
    assert np.array_equal(stacked, np.stack(numbers))
    joined = MaskMatcher(masks).choose(draw(np.ones((4, 15))))
    assert np.array_equal(joined, np.concatenate(numbers, 1))


def test_equal_tensors_are_matched_in_order_each_once():
    ones = np.ones((4, 5), np.float32)
    masks = tuple(draw(ones) for _ in range(2))
    matcher = MaskMatcher(masks)
    assert matcher.choose(draw(ones)) is masks[0].numbers or np.array_equal(
        matcher.matched[0], (0,)
    )
    assert np.array_equal(matcher.choose(draw(ones)), masks[1].numbers)
    assert matcher.choose(draw(ones)) is None
    assert matcher.matched == [(0,), (1,), ()]


def test_other_tensors_are_matched_by_the_order_of_calls():
    masks = (draw(normal(2, 3)), draw(normal(4, 5)))
    matcher = MaskMatcher(masks)
    assert np.array_equal(matcher.choose(draw(normal(4, 5))), masks[1].numbers)
    assert matcher.choose(Draw(0.3, (2, 3), np.zeros(0))) is not None
    assert matcher.choose(Draw(0.3, (2, 3), np.zeros(0))) is None


def test_every_axis_order_of_equal_sizes_is_told_by_the_values():
    values = normal(3, 3, 3)
    reference = draw(values)
    for order in permutations(range(3)):
        numbers = MaskMatcher((reference,)).choose(draw(values.transpose(order)))
        assert np.array_equal(numbers, reference.numbers.transpose(order))
