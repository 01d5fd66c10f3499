"""Windows of a feature matrix: padding at both ends of the protein, and the mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.windows import cut, outside, pad


def test_a_window_at_either_end_of_the_protein():
    matrix = np.arange(1.0, 9.0).reshape(4, 2)
    feature, mask = cut(matrix, [0, 3], half_width=2)
    assert feature.dtype == mask.dtype == np.float32
    assert feature[:, :, 0].tolist() == [[0, 0, 1, 3, 5], [3, 5, 7, 0, 0]]
    assert mask.tolist() == [[1, 1, 0, 0, 0], [0, 0, 0, 1, 1]]


def test_the_width_of_the_model_by_default():
    feature, mask = cut(np.ones((3, 435)), [1])
    assert feature.shape == (1, 129, 435)
    assert mask.shape == (1, 129)
    assert mask[0, 63:66].tolist() == [0, 0, 0]
    assert mask.sum() == 126


def test_no_positions_give_no_windows():
    feature, mask = cut(np.ones((3, 2)), np.zeros(0, int), half_width=1)
    assert (feature.shape, mask.shape) == ((0, 3, 2), (0, 3))


@given(length=st.integers(1, 12), half_width=st.integers(0, 6), data=st.data())
def test_cut_pad_and_outside_agree(length, half_width, data):
    position = data.draw(st.integers(0, length - 1))
    matrix = np.random.default_rng(length).standard_normal((length, 3))
    feature, mask = cut(matrix, [position], half_width)
    width = 2 * half_width + 1
    assert (pad(matrix, half_width)[position : position + width] == feature[0]).all()
    assert (outside(position, length, half_width) == mask[0].astype(bool)).all()
    assert (feature[0, mask[0] == 1] == 0).all()
    assert (feature[0, half_width] == matrix[position].astype(np.float32)).all()
    assert mask[0, half_width] == 0


@pytest.mark.filterwarnings("error")
def test_a_number_beyond_float32_becomes_infinity_without_a_warning():
    matrix = np.full((1, 1), np.finfo(np.float64).max)
    assert cut(matrix, [0], half_width=0)[0].item() == np.inf
    assert pad(-matrix, half_width=0).item() == -np.inf
    assert matrix.item() == np.finfo(np.float64).max
