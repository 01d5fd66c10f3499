"""TensorFlow's operations on data are written down with their tensors; constants are known."""

import numpy as np
import tf_keras

from parity.declaring import operation_watch
from parity.declaring.operation_watch import OperationWatch
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.runners.tensorflow import run, tf

X = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)


def watched(function, **weights):
    watch = OperationWatch("exact")

    def build(options, dtype):
        held = {name: tf.Variable(array, dtype=dtype) for name, array in weights.items()}
        return Built(lambda given: {"y": function(given["x"], **held)}, held)

    task = Task({}, {"x": X}, weights, (), (), 1)
    run(Side("tensorflow", build), "reference", task, "float64", watch)
    return watch


def kinds(watch):
    return [operation.kind for operation in watch.operations]


def test_operations_are_written_down_in_their_order_with_their_tensors():
    watch = watched(lambda x: tf.reduce_sum(tf.sin(x) * 2.0, axis=1))
    assert kinds(watch) == ["Sin", "Mul", "Sum"]
    sine, product, total = watch.operations
    assert (sine.returned[0], product.returned[0]) == (product.given[0], total.given[0])
    np.testing.assert_array_equal(watch.tensors[sine.given[0]], X)
    np.testing.assert_allclose(watch.tensors[total.returned[0]], (np.sin(X * 1.0) * 2).sum(1), 1e-6)
    assert watch.tensors[total.returned[0]].dtype == np.float64
    assert total.attributes["keep_dims"] is False


def test_an_operation_has_the_line_of_the_users_code():
    def function(x):
        return tf.cos(x) + 1.0  # this line

    for operation in watched(function).operations:
        assert operation.source == "return tf.cos(x) + 1.0  # this line"
        assert operation.where.startswith("test_operation_watch.py:")


def test_constants_are_known_and_inputs_and_weights_are_none():
    watch = watched(lambda x, w: x * w + tf.constant(0.1, x.dtype), w=np.ones(3))
    product, total = watch.operations
    assert watch.constants == {total.given[1]}
    assert watch.tensors[total.given[1]] == 0.1
    assert not watch.constants & {*product.given, *product.returned, *total.returned}


def test_what_is_made_of_constants_alone_is_none_of_the_operations():
    watch = watched(lambda x: x * tf.sqrt(tf.constant(3.0, x.dtype)) + tf.zeros_like(x))
    assert kinds(watch) == ["Mul", "AddV2"]
    assert {watch.operations[0].given[1], watch.operations[1].given[1]} == watch.constants
    np.testing.assert_allclose(watch.tensors[watch.operations[0].given[1]], np.sqrt(3))


def test_constants_have_their_exact_values():
    for made, value in (
        (lambda x: tf.constant(0.1, x.dtype), 0.1),
        (lambda x: tf.cast(tf.constant(0.1), x.dtype), 0.1),
    ):
        watch = watched(lambda x, made=made: x + made(x))
        assert float(watch.tensors[watch.operations[-1].given[1]]) == value


def test_what_data_pick_from_constants_is_data():
    def function(x):
        picked = tf.where(x > 0, tf.constant(0.25, x.dtype), tf.constant(0.75, x.dtype))
        table = tf.gather(tf.constant([1.0, 2.0], x.dtype), tf.cast(x > 0, tf.int32))
        return tf.sqrt(picked) + table

    watch = watched(function)
    assert {"SelectV2", "GatherV2", "Sqrt", "AddV2"} <= set(kinds(watch))
    made = {one for operation in watch.operations for one in operation.returned}
    assert not made & watch.constants


def test_the_state_of_a_layer_built_before_is_no_operation():
    layer = tf_keras.layers.Dense(4, dtype="float64")
    layer.build((None, 3))
    assert kinds(watched(layer))[0] == "MatMul"


def test_functions_of_graphs_are_seen_as_well():
    assert kinds(watched(tf.function(lambda x: tf.tanh(x) - x))) == ["Tanh", "Sub"]


def test_several_results_have_a_number_each():
    watch = watched(lambda x: tf.split(x, 3, axis=1)[1])
    (split,) = watch.operations
    assert len(split.returned) == 3
    np.testing.assert_array_equal(watch.tensors[split.returned[1]], X[:, 1:2])


def test_a_run_of_too_many_operations_is_said_and_goes_on(monkeypatch):
    monkeypatch.setattr(operation_watch, "_MOST_OPERATIONS", 3)

    def function(x):
        for _ in range(8):
            x = tf.sin(x)
        return x

    watch = watched(function)
    assert watch.overflowed
    assert len(watch.operations) < 8
    assert not watched(lambda x: tf.sin(x)).overflowed


def test_strings_are_no_tensors():
    watch = watched(lambda x: x + float(tf.strings.length(tf.constant("abc"))))
    assert kinds(watch) == ["AddV2"]
