"""Reader and writer for tf.train.Example messages that does not need TensorFlow.

An Example maps names to lists of bytes, of float32 or of int64.
"""

import struct
from collections.abc import Iterator, Mapping

from converters.protobuf_wire import (
    BYTES,
    FIXED32,
    VARINT,
    Field,
    as_signed,
    delimited,
    fields,
    read_varint,
    submessages,
    varint,
)

_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3

Value = memoryview | int | float
"""One entry of a feature's list: bytes (as a view of the message), an int64 or a float32."""


def decode_example(message: memoryview) -> dict[str, list[Value]]:
    """Decode an Example into name -> list; for a repeated name the last one wins.

    Raises:
        WireError: the message is damaged.
    """
    found: dict[str, list[Value]] = {}
    for features in submessages(message, 1):
        for entry in submessages(features, 1):
            name, values = _decode_entry(entry)
            found[name] = values
    return found


def _decode_entry(entry: memoryview) -> tuple[str, list[Value]]:
    name, values = "", list[Value]()
    for field in fields(entry):
        if field.tag == 1 and field.wire_type == BYTES:
            name = bytes(field.data).decode("utf-8", "replace")
        elif field.tag == 2 and field.wire_type == BYTES:
            values = _decode_feature(field.data)
    return name, values


def _decode_feature(data: memoryview) -> list[Value]:
    """Decode a feature's list; as in protobuf's oneof, the last kind of list wins."""
    kind, values = 0, list[Value]()
    for listing in fields(data):
        if listing.wire_type != BYTES or not 1 <= listing.tag <= 3:
            continue
        if listing.tag != kind:
            kind, values = listing.tag, []
        values += _decode_list(listing)
    return values


def _decode_list(listing: Field) -> Iterator[Value]:
    for item in fields(listing.data):
        if item.tag != 1:
            continue
        if listing.tag == _BYTES_LIST and item.wire_type == BYTES:
            yield item.data
        elif listing.tag == _FLOAT_LIST and item.wire_type in (BYTES, FIXED32):
            whole = len(item.data) // 4 * 4
            yield from (value for (value,) in struct.iter_unpack("<f", item.data[:whole]))
        elif listing.tag == _INT64_LIST and item.wire_type == VARINT:
            yield as_signed(item.number)
        elif listing.tag == _INT64_LIST and item.wire_type == BYTES:
            yield from _packed(item.data)


def _packed(data: memoryview) -> Iterator[int]:
    offset = 0
    while offset < len(data):
        value, offset = read_varint(data, offset)
        yield as_signed(value)


def encode_example(features: Mapping[str, bytes | int]) -> bytes:
    """Encode an Example with one value per feature, in the given order."""
    entries = b""
    for name, value in features.items():
        if isinstance(value, bytes):
            listing = delimited(_BYTES_LIST, delimited(1, value))
        else:
            # Packed, as TensorFlow writes it.
            listing = delimited(_INT64_LIST, delimited(1, varint(value)))
        entries += delimited(1, delimited(1, name.encode()) + delimited(2, listing))
    return delimited(1, entries)
