"""A minimal reader and writer of the protocol buffers wire format.

Values are memory views of the caller's buffer, so reading a field never copies or allocates.
Format: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


class WireError(ValueError):
    """Bytes that are not a protobuf message; `offset` counts from the message's first byte."""

    def __init__(self, problem: str, offset: int) -> None:
        super().__init__(f"{problem} at byte {offset} of the message")
        self.offset = offset


class Field(NamedTuple):
    """One field: its number, wire type, and value (`number` or `data`, depending on the type)."""

    tag: int
    wire_type: int
    number: int
    data: memoryview


_NO_DATA = memoryview(b"")


def read_varint(view: memoryview, offset: int) -> tuple[int, int]:
    """Read an unsigned varint of at most 64 bits; return (value, offset of the next byte)."""
    value = 0
    for place in range(_LONGEST_VARINT):
        if offset + place >= len(view):
            raise WireError("a number is cut short", offset)
        byte = view[offset + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value, offset + place + 1
    raise WireError("a number is longer than 64 bits", offset)


def as_signed(value: int) -> int:
    """Interpret a varint's 64 bits as a two's complement integer (protobuf's int64)."""
    return value - (1 << 64) if value >= 1 << 63 else value


def fields(view: memoryview) -> Iterator[Field]:
    """Yield the fields of a message, in file order.

    Raises:
        WireError: the message is cut short, or has a wire type other than the four above.
    """
    offset = 0
    while offset < len(view):
        start = offset
        key, offset = read_varint(view, offset)
        tag, wire_type = key >> 3, key & 7
        if tag == 0:
            raise WireError("field number 0", start)
        if wire_type == VARINT:
            number, offset = read_varint(view, offset)
            yield Field(tag, wire_type, number, _NO_DATA)
            continue
        if wire_type == BYTES:
            size, offset = read_varint(view, offset)
        elif wire_type in (FIXED64, FIXED32):
            size = 8 if wire_type == FIXED64 else 4
        else:
            raise WireError(f"unknown wire type {wire_type}", start)
        if size > len(view) - offset:
            raise WireError(
                f"field {tag} claims {size} bytes, {len(view) - offset} are left,", start
            )
        data = view[offset : offset + size]
        offset += size
        number = 0 if wire_type == BYTES else int.from_bytes(data, "little")
        yield Field(tag, wire_type, number, data)


def submessages(view: memoryview, tag: int) -> Iterator[memoryview]:
    """Yield the length-delimited values of the fields numbered `tag`."""
    for field in fields(view):
        if field.tag == tag and field.wire_type == BYTES:
            yield field.data


def varint(value: int) -> bytes:
    """Encode an integer; negative ones as their 64-bit two's complement."""
    value &= (1 << 64) - 1
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def delimited(tag: int, data: bytes) -> bytes:
    """Encode one length-delimited field."""
    return varint(tag << 3 | BYTES) + varint(len(data)) + data
