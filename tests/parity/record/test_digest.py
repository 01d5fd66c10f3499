"""Digests differ for everything that is not the same."""

import hashlib

import numpy as np
import pytest

from parity.record import digest


def test_bits_shape_and_dtype_matter_but_the_order_in_memory_does_not():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    zeros = np.zeros(2, np.float32)
    unlike: list[np.ndarray] = [
        array,
        array.T,
        array.reshape(3, 2),
        array.astype(np.float64),
        array[:1],
        zeros,
        -zeros,
        zeros[:0],
        zeros.astype(np.int32),
    ]
    assert len({digest.of_array(each) for each in unlike}) == len(unlike)
    assert digest.of_array(np.asfortranarray(array)) == digest.of_array(array)
    digest.of_array(np.array(["text"]))
    digest.of_array(np.array(1.0))


def test_names_of_weights_matter():
    one, other = np.ones(2), np.zeros(2)
    assert digest.of_weights({"a": one, "b": other}) != digest.of_weights({"a": other, "b": one})
    assert digest.of_weights({"a": one}) != digest.of_weights({"b": one})


def test_a_file_longer_than_a_read_buffer(tmp_path):
    path, content = tmp_path / "file", bytes(range(256)) * 4096
    path.write_bytes(content)
    assert digest.of_file(path) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ((1, 2), [1, 2]),
        (np.float32(0.5), "0.5"),
        (np.mean, "numpy.mean"),
        (object(), "builtins.object"),
        ({"nested": None}, {"nested": None}),
    ],
)
def test_options_of_every_kind_have_a_lasting_form(option, kept):
    assert digest.of_options({"x": option}) == {"x": kept}
