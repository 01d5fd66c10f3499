"""Each operation along axes gives in torch what it gives in TensorFlow."""

from itertools import combinations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.diagnosing.lining_up.translations.reductions import REDUCTIONS
from tests.parity.diagnosing.lining_up.translations.translated import (
    assert_translated,
    assert_untranslated,
    drawn,
)

raw = tf.raw_ops
X = drawn(2, 3, 4)
KINDS = {
    "Sum": tf.reduce_sum,
    "Mean": tf.reduce_mean,
    "Max": tf.reduce_max,
    "Min": tf.reduce_min,
    "Prod": tf.reduce_prod,
    "All": tf.reduce_all,
    "Any": tf.reduce_any,
}
SUBSETS = [axes for count in (1, 2, 3) for axes in combinations(range(-3, 0), count)]


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("axes", [*SUBSETS, None, (0, 2), (1,), 1])
@pytest.mark.parametrize("kind", KINDS)
def test_reductions(kind, axes, kept):
    given = np.abs(X) > 1 if kind in ("All", "Any") else X
    assert_translated(lambda x: KINDS[kind](x, axes, keepdims=kept), given, kind=kind)


@settings(max_examples=20)
@given(st.data())
def test_reductions_of_any_shape(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))
    kind = data.draw(st.sampled_from(["Sum", "Mean", "Max"]))
    kept = data.draw(st.booleans())
    assert_translated(lambda x: KINDS[kind](x, sorted(axes), keepdims=kept), drawn(*shape))


def test_reductions_of_reductions():
    assert_translated(lambda x: tf.reduce_sum(tf.reduce_max(x, 1), -1), X)
    assert_translated(lambda x: x / tf.reduce_sum(x * x, 1, keepdims=True), X)
    assert_translated(lambda x: tf.reduce_mean(x, 0) + tf.reduce_mean(x, (0, 1)), X)
    assert_translated(lambda x: raw.Sum(input=x, axis=tf.constant([], tf.int32)), X)


def test_sums_of_whole_numbers():
    assert_translated(lambda x: tf.reduce_sum(x, 1), np.arange(24).reshape(2, 3, 4))
    assert_translated(lambda x: tf.reduce_max(x, (0, 1)), np.arange(24).reshape(2, 3, 4))


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (2, 3, 4, 5)])
def test_softmax(shape):
    x = drawn(*shape) * 9
    assert_translated(tf.nn.softmax, x, kind="Softmax")
    assert_translated(tf.nn.log_softmax, x, kind="LogSoftmax")
    assert_translated(lambda x: tf.nn.softmax(x, 1), x)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_accumulations(axis, exclusive, reverse):
    flags = {"exclusive": exclusive, "reverse": reverse}
    assert_translated(lambda x: tf.cumsum(x, axis, **flags), X, kind="Cumsum")
    assert_translated(lambda x: tf.cumsum(-x, axis, **flags), X)
    assert_translated(lambda x: tf.math.cumprod(x, axis, **flags), X, kind="Cumprod")


def test_an_exclusive_sum_of_infinities():
    far = np.array([[1.0, np.inf, 2.0, 3.0], [-np.inf, 1.0, 2.0, np.nan]])
    assert_translated(lambda x: tf.cumsum(x, 1, exclusive=True), far)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("records", [(), (2,), (2, 3)])
def test_products(first, second, records):
    one = drawn(*records, *((5, 4) if first else (4, 5)))
    other = drawn(*records, *((6, 5) if second else (5, 6)), seed=2)
    kind = "BatchMatMulV2" if records else "MatMul"

    def call(x, y):
        return tf.matmul(x, y, transpose_a=first, transpose_b=second)

    assert_translated(call, one, other, kind=kind)
    assert_translated(lambda x: call(x, tf.constant(other)), one)


def test_products_are_broadcast():
    assert_translated(tf.matmul, drawn(2, 3, 4), drawn(4, 5), kind="BatchMatMulV2")
    assert_translated(tf.matmul, drawn(3, 4), drawn(2, 4, 5))
    assert_translated(tf.matmul, drawn(2, 1, 3, 4), drawn(3, 4, 5))
    assert_translated(lambda x, y: raw.BatchMatMul(x=x, y=y, adj_y=True), X, X + 1)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("bij, bkj -> bik", [(2, 3, 4), (2, 5, 4)]),
        ("...ij,jk->...ik", [(2, 3, 4), (4, 5)]),
        ("BTNH,BSNH->BNTS", [(2, 3, 2, 4), (2, 5, 2, 4)]),
        ("ii->i", [(3, 3)]),
        ("ij->ji", [(3, 4)]),
        ("ij,ij", [(3, 4), (3, 4)]),
    ],
)
def test_einsums(equation, shapes):
    arrays = [drawn(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    assert_translated(lambda *all_: tf.einsum(equation, *all_), *arrays, kind="Einsum")


def test_losses():
    logits = drawn(4, 3) * 3
    labels = np.random.default_rng(2).dirichlet(np.ones(3), 4)
    numbers = np.array([0, 2, 1, 1])

    def cross_entropy(x, y):
        return raw.SoftmaxCrossEntropyWithLogits(features=x, labels=y)[0]

    def sparse(x, y):
        return raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=y)[0]

    assert_translated(cross_entropy, logits, labels, place=0)
    assert_translated(sparse, logits, numbers, place=0)
    assert_translated(lambda x, y: tf.reduce_max(cross_entropy(x, y)), logits, labels)
    assert_translated(lambda x, y: cross_entropy(x, y) ** 2, logits, labels)
    assert_translated(lambda x, y: tf.nn.softmax_cross_entropy_with_logits(y, x), logits, labels)
    assert_translated(lambda x: tf.nn.l2_loss(x), X, kind="L2Loss")
    assert_untranslated(lambda x, y: raw.SoftmaxCrossEntropyWithLogits(features=x, labels=y).loss,
                        logits, labels, place=1)  # fmt: skip
    assert_untranslated(
        lambda x, y: raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=y).loss,
        logits,
        numbers,
        place=1,
    )


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_places_of_extremes(axis):
    assert_translated(lambda x: tf.argmax(x, axis), X, kind="ArgMax")
    assert_translated(lambda x: tf.argmin(x, axis), X, kind="ArgMin")


@pytest.mark.parametrize("count", [1, 3])
def test_largest(count):
    assert_translated(lambda x: tf.nn.top_k(x, count).values, X, kind="TopKV2")


@pytest.mark.parametrize("shape", [(6,), (6, 3), (6, 2, 3)])
def test_segments(shape):
    x, numbers = drawn(*shape), np.array([0, 0, 1, 1, 1, 3])
    assert_translated(tf.math.segment_sum, x, numbers)
    assert_translated(lambda x, y: raw.SegmentSum(data=x, segment_ids=y), x, numbers)
    assert_translated(tf.math.segment_mean, x, numbers, kind="SegmentMean")
    assert_translated(lambda x, y: tf.math.unsorted_segment_sum(x, y, 5), x, numbers[::-1].copy(),
                      kind="UnsortedSegmentSum")  # fmt: skip
    assert_translated(lambda x: tf.math.segment_mean(x, tf.constant(numbers)), x)


def test_segments_of_several_axes_have_no_translation():
    numbers = np.array([[0, 1, 1], [2, 0, 1]])
    assert_untranslated(lambda x, y: tf.math.unsorted_segment_sum(x, y, 3), X, numbers)


def test_axes_that_depend_on_data_have_no_translation():
    assert_untranslated(lambda x, axis: tf.reduce_sum(x, axis), X, np.array(1))
    assert_untranslated(lambda x, k: tf.nn.top_k(x, k).values, X, np.array(2, np.int32))


def test_every_kind_is_tried():
    tried = {*KINDS, "Softmax", "LogSoftmax", "Cumsum", "Cumprod", "MatMul", "BatchMatMul",
             "BatchMatMulV2", "Einsum", "SoftmaxCrossEntropyWithLogits",
             "SparseSoftmaxCrossEntropyWithLogits", "L2Loss", "ArgMax", "ArgMin", "TopKV2",
             "SegmentSum", "SegmentSumV2", "UnsortedSegmentSum", "SegmentMean"}  # fmt: skip
    assert set(REDUCTIONS) == tried
