"""Moves of single weights: exact inverses, and gates in the right order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from parity.declaring import layouts

SIZES = st.integers(1, 4)


@given(SIZES, SIZES, SIZES, st.permutations(range(3)))
def test_moves_have_exact_inverses(assert_moves_elements, a, b, c, gates):
    gates = tuple(gates)
    for weight in (
        layouts.same("n", (a, b), "k"),
        layouts.transposed("n", (a, b, c), "k", gates),
        layouts.gated("n", (a, 3 * b), "k", gates, (1, 0)),
        layouts.gated("n", (2, 3 * b), "k", gates),
        layouts.gated_rows("n", b, ("k", "l"), gates),
        layouts.folded("n", (a, b, c), "k", (a, b * c)),
        layouts.reshaped("n", (a, b), "k", (a * b,)),
        layouts.reshaped("n", (), "k", (1,)),
        layouts.image_vector("n", a * b, "k", b),
        layouts.reshaped("n", (a, b, c), "k", (1, a * b * c), gates),
    ):
        assert_moves_elements(weight)


def test_axes_are_those_of_numpy():
    array = np.zeros((2, 3, 4))
    (moved,) = layouts.transposed("n", (2, 3, 4), "k", (2, 0, 1)).forward(array)
    assert moved.shape == (4, 2, 3)


def test_a_reshape_follows_its_transposition():
    array = np.arange(6).reshape(2, 3)
    (moved,) = layouts.reshaped("n", (2, 3), "k", (3, 2, 1), (1, 0)).forward(array)
    assert moved.tolist() == [[[0], [3]], [[1], [4]], [[2], [5]]]


def test_a_vector_over_an_image_has_one_channel_after_another():
    """Two places of three channels: r, g, b, r, g, b become r, r, g, g, b, b."""
    (moved,) = layouts.image_vector("n", 6, "k", 3).forward(np.arange(6))
    assert moved.tolist() == [0, 3, 1, 4, 2, 5]


def test_gates_are_reordered_block_by_block():
    """Keras' z, r, h become PyTorch's r, z, n: an order forgotten is seen."""
    kernel = np.repeat([[0.0, 1.0, 2.0]], 2, axis=1).reshape(1, 6).astype(np.float32)
    weight = layouts.gated("n", (1, 6), "k", (1, 0, 2), (1, 0))
    assert weight.forward(kernel)[0].ravel().tolist() == [1, 1, 0, 0, 2, 2]
    assert weight.forward(kernel)[0].shape == (6, 1)
