"""Maps of layers without a state have exact inverses and give PyTorch's shapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from parity.declaring import layouts

SIZES = st.integers(1, 4)
SEPARABLE = nn.Sequential(nn.Conv1d(2, 6, 5, groups=2), nn.Conv1d(6, 4, 1))


@given(SIZES, SIZES, SIZES, SIZES)
def test_maps_have_exact_inverses(assert_moves_elements, a, b, c, d):
    for weight in (
        *layouts.dense("n", "k", a, b),
        *layouts.dense("n", "k", a * c, b, channels=c),
        *layouts.conv("n", "k", (a, b, c, d)),
        *layouts.conv("n", "k", (a, c, d), turned=True),
        *layouts.depthwise_conv2d("n", "k", (a, b), c, d),
        *layouts.batch_norm("n", "k", a),
        *layouts.separable_conv("n", ("k", "l"), (a, b, c), d),
        *layouts.separable_conv("n", ("k", "l"), (a, b, c, d), a, linear=True),
        *layouts.attention("n", "k", a, b, c),
        *layouts.multi_head_attention("n", "k", b * c, b),
    ):
        assert_moves_elements(weight)


@pytest.mark.parametrize(
    ("weights", "module"),
    [
        (layouts.dense("n", "m", 3, 5), nn.Linear(3, 5)),
        (layouts.conv2d("n", "m", (2, 3), 4, 5), nn.Conv2d(4, 5, (2, 3))),
        (layouts.conv("n", "m", (5, 2, 4)), nn.Conv1d(2, 4, 5)),
        (layouts.conv("n", "m", (2, 3, 5, 2, 4)), nn.Conv3d(2, 4, (2, 3, 5))),
        (layouts.conv("n", "m", (2, 3, 4, 2), turned=True), nn.ConvTranspose2d(2, 4, (2, 3))),
        (layouts.depthwise_conv2d("n", "m", (2, 3), 4, 2), nn.Conv2d(4, 8, (2, 3), groups=4)),
        (layouts.separable_conv("n", ("m.0", "m.1"), (5, 2, 3), 4), SEPARABLE),
        (layouts.embedding("n", "m", 7, 3), nn.Embedding(7, 3)),
        (layouts.layer_norm("n", "m", 6), nn.LayerNorm(6)),
    ],
)
def test_shapes_are_those_of_the_module(assert_fits, weights, module):
    assert_fits(weights, module)


def test_without_a_bias_there_is_none():
    for weights in (
        layouts.dense("n", "k", 2, 3, bias=False),
        layouts.conv("n", "k", (2, 3, 4), bias=False),
        layouts.depthwise_conv2d("n", "k", (2, 2), 3, bias=False),
        layouts.separable_conv("n", ("k", "l"), (2, 3, 1), 4, bias=False),
    ):
        assert not any("bias" in weight.name for weight in weights)


def test_a_variance_is_drawn_positive():
    assert [w.name for w in layouts.batch_norm("n", "k", 2) if w.positive] == ["n/moving_variance"]
