"""Tables and tensors of a TensorFlow checkpoint, written here byte by byte."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converters.errors import WeightsError
from converters.protobuf_wire import delimited, varint
from converters.records.tfrecord import masked_crc32c
from converters.weights.tensor_bundle import TensorBundle

KINDS = {"<f4": 1, "<f8": 2, "<i4": 3, "|u1": 4, "<i8": 9, "|b1": 10, "<f2": 19}
MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)


def field(tag, number):
    return varint(tag << 3) + varint(number)


def entry(kind, shape, offset, size, checksum, extra=b""):
    """Encode a BundleEntryProto."""
    sizes = b"".join(delimited(2, field(1, each)) for each in shape)
    place = field(4, offset) + field(5, size)
    fixed = varint(6 << 3 | 5) + checksum.to_bytes(4, "little")
    return field(1, kind) + delimited(2, sizes) + place + fixed + extra


def block(items):
    """Encode a block of a sorted table, without shared prefixes, and its trailer."""
    content = b"".join(
        varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in items
    )
    content += struct.pack("<II", 0, 1) + b"\0"
    return content + masked_crc32c(content).to_bytes(4, "little")


def write(prefix, entries, data=b"", header=b""):
    """Write a checkpoint of one shard."""
    table = block([(b"", header), *sorted((key.encode(), each) for key, each in entries.items())])
    handle = varint(0) + varint(len(table) - 5)
    index = block([(b"\xff", handle)])
    footer = handle + varint(len(table)) + varint(len(index) - 5)
    Path(f"{prefix}.index").write_bytes(table + index + footer.ljust(40, b"\0") + MAGIC)
    Path(f"{prefix}.data-00000-of-00001").write_bytes(data)
    return prefix


def numeric(array, offset=0):
    data = array.tobytes()
    kind = KINDS[array.dtype.str]
    return entry(kind, array.shape, offset, len(data), masked_crc32c(data))


ARRAYS = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
)


@settings(max_examples=30)
@given(st.dictionaries(st.text("abc/", min_size=1, max_size=4), ARRAYS, max_size=4))
def test_tensors_come_back(tmp_path_factory, arrays):
    data, entries = b"", {}
    for key, array in arrays.items():
        entries[key] = numeric(array, len(data))
        data += array.tobytes()
    bundle = TensorBundle(write(tmp_path_factory.getbasetemp() / "ckpt", entries, data))
    assert bundle.keys == sorted(arrays)
    for key, array in arrays.items():
        found = bundle.tensor(key)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes()
        assert found.flags.writeable
        assert bundle.is_numeric(key)


ARRAY = np.arange(6, dtype="<f4").reshape(2, 3)
DATA = ARRAY.tobytes()
SUM = masked_crc32c(DATA)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (entry(1, (2, 3), 0, 24, SUM ^ 1), "a has a wrong checksum; it is damaged"),
        (entry(1, (2, 4), 0, 24, SUM), "a has 24 bytes, expected 32 (float32 (2, 4))"),
        (entry(1, (-1, 3), 0, 24, SUM), "a has the shape (-1, 3); damaged?"),
        (entry(1, (1,) * 33, 0, 4, SUM), "damaged?"),
        (entry(14, (2, 3), 0, 12, SUM), "a is bfloat16, expected float32"),
        (entry(21, (2, 3), 0, 12, SUM), "a is TensorFlow dtype 21, expected float32"),
        (entry(1, (2, 3), 4, 24, SUM), "truncated: a extends past its end"),
        (entry(1, (2, 3), 0, 24, SUM, delimited(7, b"")), "a is split into slices"),
        (entry(1, (2, 3), 0, 24, SUM, field(3, 5)), "data-00005-of-00001: no such file"),
    ],
)
def test_a_tensor_that_cannot_be_right_is_refused(tmp_path, written, problem):
    bundle = TensorBundle(write(tmp_path / "ckpt", {"a": written}, DATA))
    with pytest.raises(WeightsError) as caught:
        bundle.tensor("a")
    assert problem in str(caught.value)
    assert str(tmp_path / "ckpt") in str(caught.value)


def string(text):
    """Encode a tensor of one string: its bytes, and their checksum."""
    size = struct.pack("<I", len(text))
    inner = struct.pack("<I", masked_crc32c(size))
    return varint(len(text)) + inner + text, masked_crc32c(size + inner + text)


def test_a_string_comes_back_or_is_refused(tmp_path):
    data, checksum = string(b"a graph")
    entries = {
        "good": entry(7, (), 0, len(data), checksum),
        "wrong": entry(7, (), 0, len(data), checksum ^ 1),
        "short": entry(7, (), 0, len(data) - 1, checksum),
        "empty": entry(7, (), 0, 0, checksum),
        "number": numeric(np.zeros(1, "u1")),
    }
    bundle = TensorBundle(write(tmp_path / "ckpt", entries, data))
    assert bundle.string("good") == b"a graph"
    assert not bundle.is_numeric("good")
    for key, problem in {
        "wrong": "has a wrong checksum",
        "short": "its length is wrong",
        "empty": "its length is wrong",
        "number": "number is not a string",
    }.items():
        with pytest.raises(WeightsError, match=problem):
            bundle.string(key)


def test_a_big_endian_checkpoint_is_refused(tmp_path):
    write(tmp_path / "ckpt", {}, header=field(2, 1))
    with pytest.raises(WeightsError, match="written on a big-endian machine"):
        TensorBundle(tmp_path / "ckpt")


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * 40 + MAGIC])
def test_another_file_is_not_an_index(tmp_path, content):
    (tmp_path / "ckpt.index").write_bytes(content)
    with pytest.raises(WeightsError, match=r"ckpt\.index: cannot be read as the index"):
        TensorBundle(tmp_path / "ckpt")


def test_every_changed_byte_of_a_block_is_noticed(tmp_path):
    write(tmp_path / "ckpt", {"a": numeric(ARRAY)}, DATA)
    path = tmp_path / "ckpt.index"
    whole = path.read_bytes()
    for place in range(len(whole) - 48):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(WeightsError, match="a block at byte"):
            TensorBundle(tmp_path / "ckpt")
