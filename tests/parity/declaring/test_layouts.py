"""Every weight map only moves elements, has an exact inverse, and gives the framework's shapes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from parity.declaring import layouts

SIZES = st.integers(1, 4)
LINEARS = nn.Sequential(nn.Linear(3, 15), nn.Linear(5, 15))
SEPARABLE = nn.Sequential(nn.Conv1d(2, 6, 5, groups=2), nn.Conv1d(6, 4, 1))


def assert_moves_elements(weight):
    array = np.arange(np.prod(weight.shape), dtype=np.float32).reshape(weight.shape)
    laid_out = weight.forward(array)
    assert len(laid_out) == len(weight.keys)
    assert sorted(np.concatenate([a.ravel() for a in laid_out])) == sorted(array.ravel())
    np.testing.assert_array_equal(weight.inverse(laid_out), array)


@given(SIZES, SIZES, SIZES, SIZES, st.permutations(range(3)))
def test_maps_have_exact_inverses(a, b, c, d, gates):
    gates = tuple(gates)
    for weight in (
        *layouts.dense("n", "k", a, b),
        *layouts.conv("n", "k", (a, b, c, d)),
        *layouts.conv("n", "k", (a, c, d), turned=True),
        *layouts.depthwise_conv2d("n", "k", (a, b), c, d),
        *layouts.batch_norm("n", "k", a),
        *layouts.lstm("n", "k", a, b),
        *layouts.gru("n", "k", a, b),
        *layouts.simple_rnn("n", "k", a, b),
        *layouts.separable_conv("n", ("k", "l"), (a, b, c), d),
        *layouts.separable_conv("n", ("k", "l"), (a, b, c, d), a, linear=True),
        *layouts.linear_cell("n", ("k", "l"), a, b, gates, ("k", "l")),
        *layouts.linear_cell("n", ("k", "l"), a, b, gates, ("l",)),
        *layouts.attention("n", "k", a, b, c),
        *layouts.multi_head_attention("n", "k", b * c, b),
        layouts.gated("n", (a, 3 * b), "k", gates, (1, 0)),
        layouts.gated("n", (2, 3 * b), "k", gates),
        layouts.gated_rows("n", b, ("k", "l"), gates),
    ):
        assert_moves_elements(weight)


@pytest.mark.parametrize(
    ("weights", "module"),
    [
        (layouts.conv("n", "m", (5, 2, 4)), nn.Conv1d(2, 4, 5)),
        (layouts.conv("n", "m", (2, 3, 5, 2, 4)), nn.Conv3d(2, 4, (2, 3, 5))),
        (layouts.conv("n", "m", (2, 3, 4, 2), turned=True), nn.ConvTranspose2d(2, 4, (2, 3))),
        (layouts.depthwise_conv2d("n", "m", (2, 3), 4, 2), nn.Conv2d(4, 8, (2, 3), groups=4)),
        (layouts.gru("n", "m", 3, 5), nn.GRU(3, 5)),
        (layouts.simple_rnn("n", "m", 3, 5), nn.RNN(3, 5)),
        (layouts.simple_rnn("n", "m", 3, 5, "_l0_reverse"), nn.RNN(3, 5, bidirectional=True)),
        (layouts.lstm("n", "m", 5, 5, "_l1"), nn.LSTM(3, 5, 2)),
        (layouts.lstm("n", "m", 10, 5, "_l1_reverse"), nn.LSTM(3, 5, 2, bidirectional=True)),
        (layouts.gru("n", "m", 3, 5, ""), nn.GRUCell(3, 5)),
        (layouts.linear_cell("n", ("m.0", "m.1"), 3, 5, (1, 0, 2), ("m.0", "m.1")), LINEARS),
        (layouts.separable_conv("n", ("m.0", "m.1"), (5, 2, 3), 4), SEPARABLE),
    ],
)
def test_shapes_are_those_of_the_module(weights, module):
    shapes = {f"m.{name}": tuple(value.shape) for name, value in module.named_parameters()}
    for weight in weights:
        arrays = weight.forward(np.zeros(weight.shape, np.float32))
        for key, array in zip(weight.keys, arrays, strict=True):
            assert shapes[key] == array.shape, key


def test_gates_are_reordered_block_by_block():
    """Keras' z, r, h as PyTorch's r, z, n: an order forgotten is seen."""
    kernel = np.repeat([[0.0, 1.0, 2.0]], 2, axis=1).reshape(1, 6).astype(np.float32)
    weight = layouts.gated("n", (1, 6), "k", (1, 0, 2), (1, 0))
    assert weight.forward(kernel)[0].ravel().tolist() == [1, 1, 0, 0, 2, 2]
    assert torch.from_numpy(weight.forward(kernel)[0]).shape == (6, 1)
