"""Fingerprints tell apart whatever is not the same."""

import hashlib

import numpy as np
import pytest

from parity.record import digest


def test_bits_shape_and_dtype_count_and_the_order_in_memory_does_not():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    zeros = np.zeros(2, np.float32)
    unlike = [
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


def test_names_of_weights_count():
    one, other = np.ones(2), np.zeros(2)
    assert digest.of_weights({"a": one, "b": other}) != digest.of_weights({"a": other, "b": one})
    assert digest.of_weights({"a": one}) != digest.of_weights({"b": one})


def test_a_file_longer_than_one_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(digest, "_CHUNK", 10)
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)))
    assert digest.of_file(path) == hashlib.sha256(bytes(range(256))).hexdigest()


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
def test_options_of_every_kind_are_the_same_in_the_next_process(option, kept):
    assert digest.of_options({"x": option}) == {"x": kept}
