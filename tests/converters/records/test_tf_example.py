"""Examples of TensorFlow: encoded and decoded without it."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.protobuf_wire import WireError, delimited, varint
from converters.records.tf_example import decode_example, encode_example


@given(
    st.dictionaries(
        st.text(max_size=5), st.binary(max_size=50) | st.integers(-(1 << 63), (1 << 63) - 1)
    )
)
def test_examples_come_back(features):
    found = decode_example(memoryview(encode_example(features)))
    plain = {
        name: bytes(value) if isinstance(value, memoryview) else value
        for name, (value,) in found.items()
    }
    assert plain == features


def test_the_encoding_is_protobuf_s():

    encoded = encode_example({"a": 1})
    assert encoded == b"\x0a\x0c\x0a\x0a\x0a\x01a\x12\x05\x1a\x03\x0a\x01\x01"
    assert encode_example({"a": b"xy"}) == b"\x0a\x0d\x0a\x0b\x0a\x01a\x12\x06\x0a\x04\x0a\x02xy"
    assert encode_example({}) == b"\x0a\x00"
    with pytest.raises(WireError):
        decode_example(memoryview(encoded[:-1]))


def message(kind, listing, name=b"a"):
    """An example of one feature whose list is given as bytes."""
    feature = delimited(kind, listing)
    return delimited(1, delimited(1, delimited(1, name) + delimited(2, feature)))


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=6))
def test_floats_are_read_packed_or_one_by_one(values):
    floats = [struct.pack("<f", value) for value in values]
    packed = message(2, delimited(1, b"".join(floats)))
    single = message(2, b"".join(b"\x0d" + each for each in floats))
    for encoded in (packed, single):
        assert decode_example(memoryview(encoded)) == {"a": values}


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=6))
def test_integers_are_read_packed_or_one_by_one(values):
    packed = message(3, delimited(1, b"".join(map(varint, values))))
    single = message(3, b"".join(b"\x08" + varint(value) for value in values))
    for encoded in (packed, single):
        assert decode_example(memoryview(encoded)) == {"a": values}


def test_several_bytes_and_no_values():
    found = decode_example(memoryview(message(1, delimited(1, b"x") + delimited(1, b""))))
    assert found == {"a": [memoryview(b"x"), memoryview(b"")]}
    assert decode_example(memoryview(message(1, b""))) == {"a": []}
    assert decode_example(memoryview(b"")) == {}


def test_the_last_of_two_features_of_one_name_wins():
    first, second = encode_example({"a": 1}), encode_example({"a": b"x", "b": 2})
    assert decode_example(memoryview(first + second)) == {"a": [memoryview(b"x")], "b": [2]}


def test_the_last_kind_of_list_wins():
    feature = delimited(3, delimited(1, varint(5))) + delimited(1, delimited(1, b"x"))
    entry = delimited(1, b"a") + delimited(2, feature)
    assert decode_example(memoryview(delimited(1, delimited(1, entry)))) == {
        "a": [memoryview(b"x")]
    }


def test_unknown_fields_are_passed_over():
    extra = delimited(9, b"unknown") + b"\x10\x05"
    encoded = extra + encode_example({"a": 1}) + extra
    assert decode_example(memoryview(encoded)) == {"a": [1]}


def test_a_name_that_is_not_text_is_still_a_name():
    assert decode_example(memoryview(message(3, b"", b"\xff"))) == {"\ufffd": []}


@given(st.binary(max_size=60))
def test_any_bytes_are_an_example_or_damaged(content):
    with suppress(WireError):
        decode_example(memoryview(content))
