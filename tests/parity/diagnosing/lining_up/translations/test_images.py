"""Each operation on images gives in torch what it gives in TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.diagnosing.lining_up.translations.images import IMAGES
from tests.parity.diagnosing.lining_up.translations.translated import (
    ORDERS,
    assert_for_any_records,
    assert_translated,
    assert_untranslated,
    drawn,
)

raw = tf.raw_ops
IMAGE = drawn(2, 5, 8, 4)
KERNEL = drawn(3, 2, 4, 6, seed=2)
SINGLE = 1e-5


def torchs_kernel(rank):
    """How torch holds a kernel: what it makes and reads, then rows and columns."""
    return (3, 2, 0, 1)[:rank] if rank == 4 else tuple(range(rank))


TORCHS = ((lambda rank: (0, 3, 1, 2)[:rank]), torchs_kernel)
BOTH = [ORDERS[0], TORCHS]


def layouts(with_kernel=True):
    return {"orders": BOTH if with_kernel else [ORDERS[0], ORDERS[1]]}


@settings(max_examples=60)
@given(
    st.tuples(*[st.integers(1, 4)] * 2),
    st.tuples(*[st.integers(1, 3)] * 2),
    st.tuples(*[st.integers(1, 2)] * 2),
    st.sampled_from(["SAME", "VALID"]),
    st.tuples(*[st.integers(7, 10)] * 2),
)
def test_convolutions(window, strides, apart, padding, size):
    image, kernel = drawn(1, *size, 2), drawn(*window, 2, 3, seed=2)
    if strides != (1, 1):
        apart = (1, 1)

    def call(x, y):
        return raw.Conv2D(input=x, filter=y, strides=[1, *strides, 1], padding=padding,
                          dilations=[1, *apart, 1])  # fmt: skip

    assert_translated(call, image, kernel, kind="Conv2D", flat=False, **layouts())


def test_convolutions_through_tf_nn():
    assert_translated(lambda x, y: tf.nn.conv2d(x, y, 2, "SAME"), IMAGE, KERNEL, **layouts())
    constant = tf.nn.conv2d
    assert_translated(lambda x: constant(x, tf.constant(KERNEL), 1, "SAME"), IMAGE, flat=False)


def test_convolutions_of_groups_and_of_given_borders():
    kernel = KERNEL[:, :, :2]
    assert_translated(lambda x, y: tf.nn.conv2d(x, y, 1, "VALID"), IMAGE, kernel, **layouts())
    for border in ([[0, 0], [1, 1], [2, 2], [0, 0]], [[0, 0], [2, 0], [1, 3], [0, 0]]):
        assert_translated(lambda x, y, b=border: tf.nn.conv2d(x, y, 2, b), IMAGE, KERNEL,
                          **layouts())  # fmt: skip


@settings(max_examples=20)
@given(
    st.tuples(*[st.integers(1, 3)] * 2),
    st.integers(1, 2),
    st.integers(1, 3),
    st.sampled_from(["SAME", "VALID"]),
)
def test_convolutions_by_depth(window, stride, times, padding):
    kernel = drawn(*window, 4, times, seed=2)

    def call(x, y):
        return tf.nn.depthwise_conv2d(x, y, [1, stride, stride, 1], padding)

    assert_translated(call, IMAGE, kernel, kind="DepthwiseConv2dNative", flat=False, **layouts())


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("apart", [2, (1, 3), (3, 2)])
@pytest.mark.parametrize("size", [(5, 8), (6, 7)])
def test_dilation_by_depth(padding, apart, size):
    """TensorFlow arranges the image in blocks first."""

    def call(x, y):
        both = (apart, apart) if isinstance(apart, int) else apart
        return tf.nn.depthwise_conv2d(x, y, [1, 1, 1, 1], padding, dilations=both)

    image, kernel = drawn(2, *size, 4), drawn(2, 3, 4, 1, seed=2)
    assert_translated(call, image, kernel, kind="BatchToSpaceND", **layouts())


def test_convolutions_of_separable_kernels():
    by_depth, by_point = drawn(3, 3, 4, 2, seed=2), drawn(1, 1, 8, 5, seed=3)
    assert_translated(
        lambda x, y, z: tf.nn.separable_conv2d(x, y, z, (1, 1, 1, 1), "SAME"),
        IMAGE,
        by_depth,
        by_point,
        **layouts(),
    )


@settings(max_examples=40)
@given(
    st.tuples(*[st.integers(1, 3)] * 2),
    st.tuples(*[st.integers(1, 3)] * 2),
    st.tuples(*[st.integers(4, 7)] * 2),
)
def test_pooling(window, strides, size):
    image = drawn(2, *size, 3) - 3
    for padding in ("SAME", "VALID"):
        common = {"ksize": [1, *window, 1], "strides": [1, *strides, 1], "padding": padding}
        assert_translated(lambda x, c=common: raw.MaxPool(input=x, **c), image, kind="MaxPool",
                          flat=False, **layouts(False))  # fmt: skip
    assert_translated(lambda x: raw.AvgPool(value=x, **common), image, kind="AvgPool",
                      flat=False, **layouts(False))  # fmt: skip


def test_averages_over_the_border():
    even, odd = drawn(2, 6, 6, 3), drawn(2, 7, 7, 3)
    assert_translated(lambda x: tf.nn.avg_pool2d(x, 3, 2, "SAME"), odd, **layouts(False))
    assert_translated(lambda x: tf.nn.avg_pool2d(x, 3, 1, "SAME"), even, **layouts(False))
    assert_untranslated(lambda x: tf.nn.avg_pool2d(x, 3, 2, "SAME"), even)


def test_other_axes_than_rows_and_columns_have_no_translation():
    common = {"ksize": [1, 1, 1, 2], "strides": [1, 1, 1, 2], "padding": "VALID"}
    assert_untranslated(lambda x: raw.MaxPool(input=x, **common), IMAGE)


@pytest.mark.parametrize("version", ["", "V2", "V3"])
@pytest.mark.parametrize(("training", "first"), [(False, False), (True, False), (True, True)])
def test_normalization(version, training, first):
    kind = f"FusedBatchNorm{version}"
    statistics = [drawn(4, low=0.5, seed=seed) for seed in range(3, 7)]
    layout = "NCHW" if first else "NHWC"
    image = IMAGE.transpose(0, 3, 1, 2) if first else IMAGE

    def call(*given):
        x, scale, offset, mean, variance = (tf.cast(one, tf.float32) for one in given)
        if training:
            mean = variance = tf.zeros([0])
        names = {"x": x, "scale": scale, "offset": offset, "mean": mean, "variance": variance}
        return getattr(raw, kind)(**names, epsilon=0.01, is_training=training, data_format=layout).y

    given = [image, *statistics]
    orders = [ORDERS[0]] if first else [ORDERS[0], ORDERS[1]]
    assert_translated(call, *given, kind=kind, rtol=SINGLE, place=0, orders=orders, flat=False)
    assert_untranslated(call, *given, place=1)


SIZES = [(10, 16), (3, 5), (7, 8), (1, 1), (4, 9)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("aligned", "centred"), [(False, True), (True, False), (False, False)])
def test_smooth_resizing(size, aligned, centred):
    def call(x):
        return raw.ResizeBilinear(images=x, size=size, align_corners=aligned,
                                  half_pixel_centers=centred)  # fmt: skip

    assert_translated(call, IMAGE, kind="ResizeBilinear", rtol=SINGLE, **layouts(False))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("centred", [True, False])
def test_resizing_by_nearest_neighbours(size, centred):
    def call(x):
        return raw.ResizeNearestNeighbor(images=x, size=size, half_pixel_centers=centred)

    assert_translated(call, IMAGE, kind="ResizeNearestNeighbor", **layouts(False))


def test_resizing_through_tf_image():
    assert_translated(lambda x: tf.image.resize(x, (9, 7)), IMAGE, rtol=SINGLE)
    assert_translated(lambda x: tf.image.resize(x, (9, 7), "nearest"), IMAGE)


@pytest.mark.parametrize("flags", [{}, {"half_pixel_centers": True}, {"align_corners": True}])
def test_resizing_of_any_number_of_records(flags):
    def call(x):
        return raw.ResizeBilinear(images=x, size=(3, 4), **flags)

    assert_for_any_records(call, drawn(5, 4, 6, 2), rtol=SINGLE)


def test_resizing_that_has_no_translation():
    assert_untranslated(
        lambda x: raw.ResizeNearestNeighbor(images=x, size=(9, 9), align_corners=True), IMAGE
    )
    assert_untranslated(lambda x: raw.ResizeBilinear(images=x, size=(9, 9)), IMAGE[:, :1])


BOXES = np.array([[0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9], [0.8, 0.3, 0.2, 0.6], [-0.05, 0.5, 0.5, 1.3]])


@pytest.mark.parametrize("size", [(3, 4), (7, 2)])
@pytest.mark.parametrize("high", [5, 1])
def test_crops(size, high):
    def call(x, boxes, numbers):
        boxes, numbers = tf.cast(boxes, tf.float32), tf.cast(numbers, tf.int32)
        return tf.image.crop_and_resize(x, boxes, numbers, size)

    assert_translated(call, IMAGE[:, :high], BOXES, np.array([0, 1, 1, 0]), kind="CropAndResize",
                      rtol=SINGLE, orders=[ORDERS[0], ORDERS[1]], flat=False)  # fmt: skip


def test_crops_that_have_no_translation():
    numbers, boxes = np.array([0, 1, 1, 0]), BOXES.astype(np.float32)
    for size, words in (((1, 4), {}), ((3, 3), {"method": "nearest"}),
                        ((3, 3), {"extrapolation_value": 0.5})):  # fmt: skip
        assert_untranslated(
            lambda x, y, size=size, words=words: tf.image.crop_and_resize(
                x, tf.cast(boxes, tf.float32), tf.cast(y, tf.int32), size, **words
            ),
            IMAGE,
            numbers,
        )


def test_every_kind_is_tried():
    fused = {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}
    resized = {"ResizeBilinear", "ResizeNearestNeighbor", "CropAndResize"}
    tried = {
        "Conv2D",
        "DepthwiseConv2dNative",
        "MaxPool",
        "AvgPool",
        "CropAndResize",
        *fused,
        *resized,
    }
    assert set(IMAGES) == tried


def test_sizes_are_those_of_the_image_that_is_given():
    assert_translated(
        lambda x: raw.ResizeNearestNeighbor(images=x, size=tf.shape(x)[1:3] * 2), IMAGE
    )
    assert np.all(IMAGE != 0)
