"""Operations on places: a law for each kind."""

import numpy as np
import pytest

from parity.diagnosing.lining_up.translations.places import PLACES
from parity.runners.tensorflow import tf
from tests.parity.diagnosing.lining_up.translations.translated import (
    assert_for_any_records,
    assert_same,
    assert_translated,
    assert_untranslated,
    drawn,
    evaluate,
    translate,
    watched,
)

X = drawn(2, 3, 4)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_picks(axis):
    numbers = np.array([[1, 0], [1, 1]])
    assert_translated(lambda x, y: tf.gather(x, y, axis=axis), X, numbers, kind="GatherV2")
    assert_translated(lambda x: tf.gather(x, [1, 0, 1], axis=axis), X)
    assert_translated(lambda x: tf.gather(x, 1, axis=axis), X)
    assert_translated(lambda x, y: tf.gather(x, y, axis=axis), X, np.array(1))
    assert_translated(lambda y: tf.gather(tf.constant(X), y, axis=axis), numbers)


def test_picks_within_each_record():
    for numbers in (np.array([[1], [0]]), np.array([[[1, 2]], [[0, 2]]])):
        assert_translated(lambda x, y: tf.gather(x, y, batch_dims=1), X, numbers, kind="GatherV2")
    assert_for_any_records(
        lambda x, y: tf.gather(x, y, batch_dims=1), drawn(5, 3), np.array([[1], [0], [2], [1], [1]])
    )
    within = np.array([[1, 0, 3], [0, 2, 2]])
    assert_untranslated(lambda x, y: tf.gather(x, y, axis=2, batch_dims=1), X, within)
    assert_untranslated(lambda x, y: tf.gather(x, y, batch_dims=2), X, within)


def test_rows_of_a_variable():
    table = tf.Variable(drawn(5, 3))
    numbers = np.array([[1, 4], [0, 1]])
    watch, leaves = watched(lambda x: tf.nn.embedding_lookup(table, x), numbers)
    gathers = [one for one in watch.operations if one.kind == "ResourceGather"]
    assert len(gathers) == 1
    parts = translate(watch, leaves, gathers[0].returned[0])
    assert_same(evaluate(*parts), table.numpy()[numbers])


def test_places_of_some_axes():
    numbers = np.array([[[1, 0], [0, 2]], [[1, 1], [0, 0]]])
    assert_translated(tf.gather_nd, X, numbers, kind="GatherNd")
    assert_translated(lambda x: tf.gather_nd(x, [[1], [0]]), X)
    assert_translated(lambda y: tf.gather_nd(tf.constant(X), y), numbers)


def test_sums_at_places():
    numbers, values = np.array([[1], [3], [1]]), drawn(3, 2)
    assert_translated(
        lambda y, x: tf.scatter_nd(y, x, (5, 2)), numbers, values, kind="ScatterNd", flat=False
    )


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (tf.tensor_scatter_nd_add, "TensorScatterAdd"),
        (tf.tensor_scatter_nd_update, "TensorScatterUpdate"),
    ],
)
def test_what_is_put_at_places(call, kind):
    numbers = np.array([[1, 0], [0, 2]])
    assert_translated(
        lambda x, values: call(x, numbers, values), X, drawn(2, 4), kind=kind, flat=False
    )


def test_rolled():
    assert_translated(lambda x: tf.roll(x, 1, 1), X, kind="Roll")
    assert_translated(lambda x: tf.roll(x, (-1, 2), (0, -1)), X)


def test_reversed_as_far_as_a_record_reaches():
    x, lengths = drawn(3, 4, 2), np.array([2, 4, 0])
    assert_translated(
        lambda x, n: tf.reverse_sequence(x, n, seq_axis=1), x, lengths, kind="ReverseSequence"
    )
    assert_for_any_records(lambda x, n: tf.reverse_sequence(x, n, seq_axis=1), x, lengths)
    assert_untranslated(
        lambda x, n: tf.reverse_sequence(x, n, seq_axis=0, batch_axis=1), X, np.array([1, 2, 1])
    )


def test_every_kind_is_tried():
    picks = {"GatherV2", "ResourceGather", "GatherNd"}
    puts = {"ScatterNd", "TensorScatterAdd", "TensorScatterUpdate"}
    assert set(PLACES) == {*picks, *puts, "Roll", "ReverseSequence"}
