"""Each operation that arranges elements gives in torch what it gives in TensorFlow."""

from itertools import pairwise, permutations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.diagnosing.lining_up.translations.arrangement import ARRANGEMENT
from tests.parity.diagnosing.lining_up.translations.translated import (
    assert_for_any_records,
    assert_translated,
    assert_untranslated,
    drawn,
)

raw = tf.raw_ops
X = drawn(2, 3, 4)
IMAGE = drawn(2, 4, 6, 3)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_axes_in_another_order(order):
    assert_translated(lambda x: tf.transpose(x, order), X, kind="Transpose")
    assert_translated(lambda x: tf.transpose(x, order)[:, None] * 2, X)


@settings(max_examples=20)
@given(st.data())
def test_other_shapes(data):
    pieces = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    cuts = data.draw(st.sets(st.integers(1, len(pieces)), max_size=3))
    bounds = [0, *sorted(cuts), len(pieces)]
    shape = [int(np.prod(pieces[a:b])) for a, b in pairwise(bounds)]
    assert_translated(lambda x: tf.reshape(x, shape), drawn(*pieces))
    assert_translated(lambda x: tf.reshape(x, pieces), drawn(*shape))


def test_shapes_of_one_element_and_of_none():
    assert_translated(lambda x: tf.reshape(x, ()), drawn(1, 1))
    assert_translated(lambda x: tf.reshape(x, (1, 1, 1)), np.array(0.7))
    assert_translated(lambda x: tf.reshape(x, (-1, 6)) + 1, X, kind="Reshape")


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_an_axis_more_and_less(axis):
    assert_translated(lambda x: tf.expand_dims(x, axis), X, kind="ExpandDims")
    assert_translated(lambda x: tf.squeeze(tf.expand_dims(x, axis), axis), X, kind="Squeeze")


def test_axes_of_one():
    assert_translated(tf.squeeze, drawn(1, 3, 1, 4))
    assert_translated(tf.squeeze, X, kind="Squeeze")
    assert_translated(tf.squeeze, drawn(1, 1))
    assert_translated(lambda x: tf.squeeze(x, (0, -2)), drawn(1, 3, 1, 4))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_tensors_together(axis):
    assert_translated(lambda x, y: tf.concat([x, y], axis), X, X + 1, kind="ConcatV2")
    assert_translated(lambda x: tf.concat([x, tf.constant(X), x], axis), X)
    assert_translated(lambda x, y: tf.stack([x, y], axis), X, X + 1, kind="Pack")
    assert_translated(lambda x: tf.stack([x[0, 0, 0], 0.3, x[0, 1, 0]]), X)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_tensors_apart(axis):
    x = drawn(4, 4, 4)
    assert_translated(lambda x: tf.unstack(x, axis=axis), x, kind="Unpack")
    assert_translated(lambda x: tf.split(x, 2, axis), x, kind="Split")
    assert_translated(lambda x: tf.split(x, [1, 3], axis), x, kind="SplitV")
    assert_translated(lambda x: tf.split(x, [1, -1, 1], axis), x, kind="SplitV")


SLICES = {
    "records": lambda x: x[1],
    "last": lambda x: x[..., -1],
    "range": lambda x: x[:, 1:3],
    "step": lambda x: x[:, ::2, 1::2],
    "from behind": lambda x: x[-1:, :-1, -3:-1],
    "new axes": lambda x: x[:, None, ..., None],
    "ellipsis before a range": lambda x: x[..., 1:2, :],
    "ellipsis within": lambda x: x[0, ..., 1:3],
    "axis left within": lambda x: x[:, 2, :],
    "axis new within": lambda x: x[:, 1:, tf.newaxis, 2],
    "beyond the end": lambda x: x[:, 1:50],
    "whole": lambda x: x[:],
    "whole but for ellipsis": lambda x: x[..., :],
    "element": lambda x: x[1, 2, -1],
}


@pytest.mark.parametrize("name", SLICES)
def test_slices(name):
    assert_translated(SLICES[name], drawn(2, 3, 4))


@settings(max_examples=40)
@given(st.data())
def test_masks_of_slices(data):
    part = st.one_of(
        st.builds(
            slice,
            st.one_of(st.none(), st.integers(-2, 1)),
            st.one_of(st.none(), st.integers(2, 5)),
            st.one_of(st.none(), st.integers(1, 2)),
        ),
        st.integers(-2, 1),
        st.none(),
    )
    parts = data.draw(st.lists(part, min_size=1, max_size=3))
    if data.draw(st.booleans()):
        parts.insert(data.draw(st.integers(0, len(parts))), Ellipsis)
    assert_translated(lambda x: x[tuple(parts)], drawn(3, 2, 4))


def test_slices_from_behind_and_by_data_have_no_translation():
    assert_untranslated(lambda x: x[:, ::-1], X)
    assert_untranslated(lambda x, y: x[:, y], X, np.array(1))


def test_slices_by_sizes():
    assert_translated(lambda x: tf.slice(x, (0, 1, 0), (2, 2, -1)), X, kind="Slice")
    assert_translated(lambda x: tf.slice(x, (1, 0, 2), (1, 3, 1)), X)


def test_copies():
    assert_translated(lambda x: tf.tile(x, (2, 1, 3)), X, kind="Tile")
    assert_translated(lambda x: tf.broadcast_to(x, (5, 2, 3, 4)), X, kind="BroadcastTo")
    assert_translated(lambda x: tf.broadcast_to(x, (2, 5, 4)), X[:, :1])


AMOUNTS = [
    [(0, 0), (1, 0), (2, 1)],
    [(1, 1), (0, 0), (0, 0)],
    [(0, 0)] * 3,
    [(0, 1), (0, 0), (2, 2)],
]


@pytest.mark.parametrize("amounts", AMOUNTS)
def test_borders(amounts):
    assert_translated(lambda x: tf.pad(x, amounts), X, kind="Pad")
    for value in (0.3, -np.inf):
        assert_translated(lambda x, v=value: tf.pad(x, amounts, constant_values=v), X, kind="PadV2")


def test_borders_by_mirror():
    def call(x):
        return tf.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)], "REFLECT")

    first = ((lambda rank: (0, rank - 1, *range(1, rank - 1))), tuple)
    assert_translated(call, IMAGE, kind="MirrorPad", flat=False, orders=[first])
    assert_untranslated(lambda x: tf.pad(x, [(0, 0), (1, 1), (0, 0)], "SYMMETRIC"), X)


def test_a_border_of_data_has_no_translation():
    def call(x, y):
        return raw.PadV2(input=x, paddings=AMOUNTS[0], constant_values=y)

    assert_untranslated(call, X, np.array(0.3))


@pytest.mark.parametrize("axes", [[0], [1, -1], [-2]])
def test_axes_in_reverse(axes):
    assert_translated(lambda x: tf.reverse(x, axes), X, kind="ReverseV2")


@pytest.mark.parametrize("dtype", [tf.float64, tf.int32, tf.bool])
def test_one_hot_vectors(dtype):
    numbers = np.array([[0, 2], [3, 1]])
    values = (True, False) if dtype == tf.bool else (None, None)
    assert_translated(lambda x: tf.one_hot(x, 4, *values, dtype=dtype), numbers, kind="OneHot")
    assert_translated(lambda x: tf.one_hot(x, 3, *values, dtype=dtype), numbers - 1)
    assert_translated(lambda x: tf.one_hot(x, 3, *values, dtype=dtype), np.array(1))


def test_other_one_hot_vectors_have_no_translation():
    numbers = np.array([0, 2])
    assert_untranslated(lambda x: tf.one_hot(x, 4, 0.9, 0.1), numbers)
    assert_untranslated(lambda x: tf.one_hot(x, 4, axis=0), numbers)


@pytest.mark.parametrize("band", [(-1, 0), (0, -1), (0, 0), (1, 2), (-1, 1), (1, -1), (-1, -1)])
def test_bands_of_matrices(band):
    assert_translated(lambda x: tf.linalg.band_part(x, *band), X, kind="MatrixBandPart")


@pytest.mark.parametrize("size", [2, 3])
def test_blocks(size):
    image, deep = drawn(2, size * 2, size * 3, 2), drawn(2, 2, 3, 3 * size**2)
    assert_translated(lambda x: tf.nn.space_to_depth(x, size), image, kind="SpaceToDepth")
    assert_translated(lambda x: tf.nn.depth_to_space(x, size), deep, kind="DepthToSpace")


@settings(max_examples=30)
@given(st.lists(st.tuples(*[st.integers(1, 3)] * 3), min_size=1, max_size=2), st.booleans())
def test_interleaved_blocks(axes, behind):
    blocks, sizes = [block for block, _, _ in axes], [size for _, _, size in axes]
    amounts = [(before, (-size - before) % block) for block, before, size in axes]
    x = drawn(2, *sizes, *[3] * behind)

    def into(x):
        return raw.SpaceToBatchND(input=x, block_shape=blocks, paddings=amounts)

    assert_translated(into, x, kind="SpaceToBatchND")
    assert_translated(
        lambda x: raw.BatchToSpaceND(input=into(x), block_shape=blocks, crops=amounts), x
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda x: tf.reshape(x, (-1, 4)),
        lambda x: tf.reshape(tf.reshape(x, (-1, 4)), tf.shape(x)),
        lambda x: tf.reshape(tf.transpose(x, (1, 0, 2)), (3, -1, 2, 2)),
        lambda x: tf.reshape(tf.transpose(x, (1, 0, 2)), (3, -1)),
        lambda x: tf.broadcast_to(x[:, None], (len(x), 2, 3, 4)),
        lambda x: tf.pad(x, [(0, 0), (1, 2), (0, 0)])[:, 1:, ::2],
        lambda x: raw.SpaceToBatchND(input=x, block_shape=[3], paddings=[(0, 0)]),
        lambda x: tf.linalg.band_part(tf.squeeze(tf.expand_dims(x, 1), 1), 1, 0),
    ],
)
def test_any_number_of_records(call):
    assert_for_any_records(call, drawn(7, 3, 4))


def test_every_kind_is_tried():
    shapes = {"Transpose", "Reshape", "ExpandDims", "Squeeze", "SpaceToDepth", "DepthToSpace"}
    parts = {"ConcatV2", "Pack", "Unpack", "Split", "SplitV", "StridedSlice", "Slice"}
    copies = {"Tile", "BroadcastTo", "Pad", "PadV2", "MirrorPad", "ReverseV2"}
    blocks = {"SpaceToBatchND", "BatchToSpaceND"}
    tried = {*shapes, *parts, *copies, *blocks, "OneHot", "MatrixBandPart"}
    assert set(ARRANGEMENT) == tried
