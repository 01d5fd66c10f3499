"""Maps of layers without a state have exact inverses and give PyTorch's shapes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from parity.declaring import layouts

SIZES = st.integers(1, 4)
SEPARABLE = nn.Sequential(nn.Conv1d(2, 6, 5, groups=2), nn.Conv1d(6, 4, 1))


@given(SIZES, SIZES, SIZES, SIZES)
def test_maps_have_exact_inverses(assert_moves_elements, a, b, c, d):
    for weight in (
        *layouts.dense("n", "k", a, b),
        *layouts.dense("n", "k", a * c, b, channels=c),
        *layouts.dense("n", "k", a, b, size=(1, 1)),
        *layouts.dense("n", "k", a * c * d, b, channels=a, size=(c, d)),
        *layouts.dense("n", "k", a, b * c, image=c),
        *layouts.dense("n", "k", a * d, b * c, channels=d, image=c),
        *layouts.conv("n", "k", (a, b, c, d)),
        *layouts.conv("n", "k", (a, b, c, d), size=()),
        *layouts.conv("n", "k", (a, b, c, d), size=(), channels_last=True),
        *layouts.conv("n", "k", (a, c, d), turned=True, size=(1, a)),
        *layouts.conv("n", "k", (a, c, d), turned=True),
        *layouts.depthwise_conv2d("n", "k", (a, b), c, d),
        *layouts.depthwise_conv("n", "k", (a, b, c)),
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
        (layouts.dense("n", "m", 3, 5, size=(1, 1)), nn.Conv2d(3, 5, 1)),
        (layouts.dense("n", "m", 24, 5, channels=4, size=(2, 3)), nn.Conv2d(4, 5, (2, 3))),
        (layouts.dense("n", "m", 6, 8, channels=3, image=2), nn.Linear(6, 8)),
        (layouts.conv("n", "m", (1, 1, 3, 5), size=()), nn.Linear(3, 5)),
        (layouts.conv("n", "m", (2, 3, 4, 5), size=()), nn.Linear(24, 5)),
        (layouts.conv("n", "m", (3, 2, 4), size=(1, 3)), nn.Conv2d(2, 4, (1, 3))),
        (layouts.conv2d("n", "m", (2, 3), 4, 5), nn.Conv2d(4, 5, (2, 3))),
        (layouts.conv("n", "m", (5, 2, 4)), nn.Conv1d(2, 4, 5)),
        (layouts.conv("n", "m", (2, 3, 5, 2, 4)), nn.Conv3d(2, 4, (2, 3, 5))),
        (layouts.conv("n", "m", (2, 3, 4, 2), turned=True), nn.ConvTranspose2d(2, 4, (2, 3))),
        (layouts.depthwise_conv2d("n", "m", (2, 3), 4, 2), nn.Conv2d(4, 8, (2, 3), groups=4)),
        (layouts.depthwise_conv("n", "m", (3, 4, 2)), nn.Conv1d(4, 8, 3, groups=4)),
        (layouts.separable_conv("n", ("m.0", "m.1"), (5, 2, 3), 4), SEPARABLE),
        (layouts.embedding("n", "m", 7, 3), nn.Embedding(7, 3)),
        (layouts.layer_norm("n", "m", 6), nn.LayerNorm(6)),
    ],
)
def test_shapes_are_those_of_the_module(assert_fits, weights, module):
    assert_fits(weights, module)


def test_a_dense_computes_the_same_as_a_convolution():
    """The product of a flattened image, channels last, is the convolution that covers it."""
    random = np.random.default_rng(1)
    image, kernel = random.normal(size=(2, 3, 4, 5)), random.normal(size=(60, 6))
    (weight,) = layouts.dense("n", "k", 60, 6, bias=False, channels=5, size=(3, 4))
    first = torch.from_numpy(image).permute(0, 3, 1, 2)
    found = functional.conv2d(first, torch.from_numpy(weight.forward(kernel)[0]))
    np.testing.assert_allclose(found.flatten(1), image.reshape(2, 60) @ kernel)


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_covering_convolution_computes_the_same_as_a_linear(channels_last):
    random = np.random.default_rng(2)
    image, kernel = random.normal(size=(2, 3, 4, 5)), random.normal(size=(3, 4, 5, 6))
    shape = kernel.shape
    (weight,) = layouts.conv("n", "k", shape, False, size=(), channels_last=channels_last)
    flat = (image if channels_last else image.transpose(0, 3, 1, 2)).reshape(2, 60)
    expected = np.einsum("nhwc,hwco->no", image, kernel)
    np.testing.assert_allclose(flat @ weight.forward(kernel)[0].T, expected)


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
