"""Export of TensorFlow layers to ONNX: what tf2onnx lacks, and what it says of what it cannot."""

import numpy as np
import pytest

from parity.declaring.frameworks import exporter, onnx_runtime
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.errors import NotExportedError


def in_tensorflow(call, dtype, **inputs):
    """Return the outputs by onnxruntime, and by TensorFlow."""
    import tensorflow as tf

    built = Side("tensorflow", lambda options, dtype: Built(lambda inputs: call(**inputs)))
    exported = exporter("tensorflow").export(
        built, "reference", Task({}, inputs, {}, (), (), seed=0), dtype
    )
    tensors = {
        name: tf.constant(a.astype(dtype) if a.dtype.kind == "f" else a)
        for name, a in inputs.items()
    }
    expected = {name: value.numpy() for name, value in call(**tensors).items()}
    return onnx_runtime().run(exported, inputs, dtype), expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_tf2onnx_lacks(dtype):
    """log1p is as exact as TensorFlow's where log(1 + x) has no digit left; one_hot in float64."""
    import tensorflow as tf

    def call(x, codes):
        return {"log": tf.math.log1p(x), "states": tf.one_hot(codes, 3, dtype=x.dtype)}

    x = np.array([0, 1e-20, -1e-9, 1e-7, 3e-4, 0.5, 1], np.float32)
    found, expected = in_tensorflow(call, dtype, x=x, codes=np.arange(7))
    tolerance = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(found["log"], expected["log"], rtol=tolerance)
    np.testing.assert_array_equal(found["states"], expected["states"])
    assert found["states"].dtype == dtype


def test_what_tf2onnx_cannot_convert_says_why_in_a_line_and_nothing_else(capfd):
    import tensorflow as tf

    with pytest.raises(NotExportedError, match="MatrixInverse") as raised:
        in_tensorflow(
            lambda x: {"y": tf.linalg.inv(x)}, "float32", x=np.ones((3, 2, 2), np.float32)
        )
    assert "\n" not in str(raised.value)
    assert capfd.readouterr() == ("", "")
