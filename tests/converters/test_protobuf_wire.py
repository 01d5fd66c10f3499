from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.protobuf_wire import (
    VARINT,
    WireError,
    as_signed,
    delimited,
    fields,
    read_varint,
    submessages,
    varint,
)


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_integers_come_back(value):
    encoded = varint(value)
    found, end = read_varint(memoryview(encoded), 0)
    assert as_signed(found) == value
    assert end == len(encoded)


@given(st.lists(st.tuples(st.integers(1, 1 << 20), st.binary(max_size=300))))
def test_delimited_fields_come_back(items):
    message = b"".join(delimited(tag, data) for tag, data in items)
    assert [(item.tag, bytes(item.data)) for item in fields(memoryview(message))] == items


def test_all_four_wire_types_are_walked():
    message = b"\x08\x96\x01" + b"\x11" + bytes(range(8)) + b"\x1a\x02hi" + b"\x25\x01\x00\x00\x00"
    found = list(fields(memoryview(message)))
    assert [(item.tag, item.wire_type) for item in found] == [(1, VARINT), (2, 1), (3, 2), (4, 5)]
    assert [item.number for item in found] == [150, 0x0706050403020100, 0, 1]
    assert [bytes(item) for item in submessages(memoryview(message), 3)] == [b"hi"]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (b"\x80", "a number is cut short at byte 0 of the message"),
        (b"\xff" * 11, "a number is longer than 64 bits at byte 0 of the message"),
        (b"\x0a\x05ab", "field 1 claims 5 bytes, 2 are left, at byte 0 of the message"),
        (b"\x0a\xff\xff\xff\xff\xff\x7f", "bytes, 0 are left, at byte 0"),
        (b"\x08\x01\x0b", "unknown wire type 3 at byte 2 of the message"),
        (b"\x00\x01", "field number 0 at byte 0 of the message"),
        (b"\x11\x00", "field 2 claims 8 bytes, 1 are left, at byte 0"),
    ],
)
def test_damage_is_named(message, problem):
    with pytest.raises(WireError) as caught:
        list(fields(memoryview(message)))
    assert problem in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_error(content):
    with suppress(WireError):
        list(fields(memoryview(content)))
