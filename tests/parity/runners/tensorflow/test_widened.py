"""Operations with float64 in the place of float32."""

import numpy as np

from parity.runners.tensorflow import tf
from parity.runners.tensorflow.widened import as_double, widened

FLOAT, DOUBLE = tf.float32.as_datatype_enum, tf.float64.as_datatype_enum


def test_inputs_and_types_are_float64_and_integers_stay():
    single, counts = tf.constant([0.1, 0.5]), tf.constant([1, 2])
    inputs, attrs = widened(
        "Mul", [single, counts, single], [None, None, np.array([0.1, 0.5])], ("T", FLOAT)
    )
    assert [one.dtype for one in inputs] == [tf.float64, tf.int32, tf.float64]
    assert inputs[0].numpy()[0] == np.float32(0.1)
    assert inputs[2].numpy()[0] == 0.1
    assert attrs == ("T", DOUBLE)


def test_a_cast_to_float32_is_none():
    x = as_double(np.array([0.1]))
    attrs = ("SrcT", DOUBLE, "DstT", FLOAT, "Truncate", False)
    inputs, changed = widened("Cast", [x], [None], attrs)
    assert inputs[0] is x
    assert changed == ("SrcT", DOUBLE, "DstT", DOUBLE, "Truncate", False)
