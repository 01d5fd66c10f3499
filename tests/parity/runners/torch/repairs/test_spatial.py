"""Padding, pooling, resizing and sampling, as repairs of a candidate."""

import pytest
import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

IMAGE = torch.linspace(-3, 3, 72, dtype=torch.float64).reshape(1, 2, 6, 6).sin()
KERNEL = torch.linspace(-1, 1, 36, dtype=torch.float64).reshape(2, 2, 3, 3).cos()


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


def test_padding_of_a_convolution_with_strides():
    ways = found(torch.conv2d, IMAGE, KERNEL, None, 2, 1)
    # Of 6 with stride 2 and kernel 3, one column is missing, which TensorFlow adds behind.
    right = torch.conv2d(functional.pad(IMAGE, (0, 1, 0, 1)), KERNEL, None, 2)
    assert torch.equal(ways["padded as SAME is"].do(), right)
    assert torch.equal(ways["without padding"].do(), torch.conv2d(IMAGE, KERNEL, None, 2))
    # What is the same in another name is no second cause.
    results = [way.do() for name, way in ways.items() if name.startswith("padded")]
    assert not any(
        one.shape == other.shape and torch.equal(one, other)
        for place, one in enumerate(results)
        for other in results[:place]
    )
    line, kernel = IMAGE.reshape(1, 2, 36), KERNEL[..., 0]
    ways = found(torch.conv1d, line, kernel, None, 1, 2, 2)
    line = torch.conv1d(functional.pad(line, (4, 0)), kernel, dilation=2)
    assert torch.equal(ways["padded in front alone"].do(), line)
    # A symmetric padding of 2 is what SAME is here.
    assert "padded as SAME is" not in ways


def test_cropping_of_a_transposed_convolution():
    ways = found(torch.conv_transpose2d, IMAGE, KERNEL, None, 2, 1, 1)
    whole = torch.conv_transpose2d(IMAGE, KERNEL, None, 2)
    assert torch.equal(ways["cropped as SAME is"].do(), whole[..., :12, :12])
    assert torch.equal(ways["not cropped"].do(), whole)
    ways = found(torch.conv_transpose2d, IMAGE, KERNEL, None, 4)
    assert ways["cropped as SAME is"].do().shape[-2:] == (24, 24)


@pytest.mark.parametrize("size", [2, 3])
def test_pooling_that_counts_what_is_there(size):
    ways = found(functional.avg_pool2d, IMAGE, 3, size, 1)
    uncounted = functional.avg_pool2d(IMAGE, 3, size, 1, count_include_pad=False)
    assert torch.equal(ways["without counting the padding"].do(), uncounted)
    same = ways["padded as SAME is"].do()
    assert same.shape[-1] == 6 // size
    # The first window of SAME has no padding here, for what is missing goes behind.
    assert torch.allclose(same[..., 0, 0], IMAGE[..., :3, :3].mean((-2, -1)), rtol=1e-12)
    assert torch.equal(ways["as max pooling"].do(), functional.max_pool2d(IMAGE, 3, size, 1))


def test_max_pooling_for_average_pooling_with_padding_that_never_wins():
    ways = found(torch.max_pool2d, -IMAGE.abs() - 1, 3, 2)
    assert torch.equal(
        ways["as average pooling"].do(), functional.avg_pool2d(-IMAGE.abs() - 1, 3, 2)
    )
    same = ways["padded as SAME is"].do()
    assert same.shape[-1] == 3
    assert (same < 0).all()
    assert (same > -3).all()


def test_response_normalization_as_in_tensorflow():
    x = IMAGE.reshape(1, 8, 3, 3)
    ways = found(functional.local_response_norm, x, 5, 1e-4, 0.5, 2.0)
    right = x / (2 + 1e-4 * 5 * x.square().mean()) ** 0
    assert right.shape == x.shape
    assert torch.allclose(
        ways["with alpha times its size"].do(),
        functional.local_response_norm(x, 5, 5e-4, 0.5, 2.0),
        rtol=1e-12,
    )
    assert "over 11 channels, with alpha times their number" in ways


def test_resizing_and_sampling_otherwise():
    ways = found(functional.interpolate, IMAGE, scale_factor=2, mode="bicubic")
    keys = functional.interpolate(IMAGE, scale_factor=2, mode="bicubic", antialias=True)
    assert torch.equal(ways["with antialias"].do(), keys)
    assert torch.equal(
        ways["as nearest"].do(), functional.interpolate(IMAGE, scale_factor=2, mode="nearest")
    )
    grid = torch.linspace(-1.2, 1.2, 18, dtype=torch.float64).reshape(1, 3, 3, 2)
    ways = found(functional.grid_sample, IMAGE, grid, align_corners=False)
    right = functional.grid_sample(IMAGE, grid, align_corners=True)
    assert torch.equal(ways["with aligned corners"].do(), right)
    right = functional.grid_sample(IMAGE, grid, padding_mode="border", align_corners=False)
    assert torch.equal(ways["with border beyond the border"].do(), right)
