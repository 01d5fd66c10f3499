"""Variant records in TFRecord files, read and written without TensorFlow.

A file is a row of frames: length (uint64), masked crc32c of the length, payload, masked crc32c of
the payload, all little-endian. Each payload is a tf.train.Example of one variant: `label`,
`ref_aa`, `alt_aa` (int64), `feature` and `mask` (float32 bytes), `var_id` (bytes).
"""

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.errors import InputError
from converters.protobuf_wire import WireError
from converters.tf_example import Value, decode_example, encode_example

WINDOW = 129
FEATURE_COLUMNS = 435
_SHAPES = {"feature": (WINDOW, FEATURE_COLUMNS), "mask": (WINDOW,)}
_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")


class RecordError(InputError):
    """A record file that is damaged or holds something else than variant records."""


class VariantRecord(NamedTuple):
    """One variant, as stored.

    `label` is 1 (pathogenic), 0 or None (not given); `ref_aa` and `alt_aa` are residue codes;
    `feature` (129, 435) float32 is the window around the variant; `mask` (129,) float32 is 1
    outside the protein. The centre is NOT masked in the file: readers for a model do that.
    """

    var_id: str
    label: int | None
    ref_aa: int
    alt_aa: int
    feature: NDArray[np.float32]
    mask: NDArray[np.float32]


class Frame(NamedTuple):
    """One payload with its place: the record's number (from 0) and its frame's byte offset."""

    number: int
    offset: int
    payload: bytes


def masked_crc32c(data: bytes | memoryview) -> int:
    """Compute TFRecord's checksum: crc32c rotated and shifted, so that it may lie in its data."""
    crc = int(google_crc32c.value(bytes(data)))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read_frames(path: str | Path) -> Iterator[Frame]:
    """Read the payloads of a TFRecord file, each length and checksum verified.

    Args:
        path: A regular, uncompressed file.

    Raises:
        RecordError: A frame is cut short or a checksum does not hold.
        OSError: The file cannot be read.
    """
    with open(path, "rb") as file:
        left = os.fstat(file.fileno()).st_size
        number = offset = 0
        while left:
            place = f"{path}, record {number} at byte {offset}"
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                raise RecordError(f"{place}: {left} bytes are left, a frame's head has 12")
            length, checksum = _HEADER.unpack(header)
            if masked_crc32c(header[:8]) != checksum:
                raise RecordError(f"{place}: {_no_frame(header, number)}")
            size = _HEADER.size + length + _CHECKSUM.size
            if size > left:
                raise RecordError(
                    f"{place}: the frame has {size} bytes, only {left} are left; "
                    "the file is cut short"
                )
            payload, tail = file.read(length), file.read(_CHECKSUM.size)
            if len(tail) < _CHECKSUM.size:
                raise RecordError(f"{place}: the file grew shorter while it was read")
            if masked_crc32c(payload) != _CHECKSUM.unpack(tail)[0]:
                raise RecordError(f"{place}: the payload's checksum does not hold; it is damaged")
            yield Frame(number, offset, payload)
            number, offset, left = number + 1, offset + size, left - size


def _no_frame(header: bytes, number: int) -> str:
    if number == 0 and header.startswith(b"\x1f\x8b"):
        return "the file is gzip-compressed; expected plain TFRecord, so gunzip it first"
    if number == 0:
        return "the length's checksum does not hold; expected a TFRecord file"
    return "the length's checksum does not hold; the file is damaged here"


def read_records(path: str | Path) -> Iterator[VariantRecord]:
    """Read variant records one by one, in file order.

    Args:
        path: A TFRecord file as the original's builder writes it.

    Yields:
        One VariantRecord a variant; its arrays are fresh, writable and exactly as stored.

    Raises:
        RecordError: Naming file, record and byte: damage, a missing field, or an array whose byte
            count is not that of float32 in the expected shape.
        OSError: The file cannot be read.
    """
    for frame in read_frames(path):
        try:
            yield decode_record(frame.payload)
        except (WireError, RecordError) as error:
            place = f"{path}, record {frame.number} at byte {frame.offset}"
            raise RecordError(f"{place}: {error}") from None


def decode_record(payload: bytes) -> VariantRecord:
    """Decode one Example into a variant; raises RecordError or WireError."""
    found = decode_example(memoryview(payload))
    var_id = _one(found, "var_id")
    if not isinstance(var_id, memoryview):
        raise RecordError("var_id is a number, expected bytes")
    return VariantRecord(
        var_id=bytes(var_id).decode("utf-8", "replace"),
        label=_integer(found, "label") if found.get("label") else None,
        ref_aa=_integer(found, "ref_aa"),
        alt_aa=_integer(found, "alt_aa"),
        feature=_array(found, "feature"),
        mask=_array(found, "mask"),
    )


def _one(found: dict[str, list[Value]], name: str) -> Value:
    values = found.get(name)
    if values is None:
        held = ", ".join(sorted(found)) or "nothing"
        raise RecordError(f"{name} is missing; the record holds {held:.200}")
    if len(values) != 1:
        raise RecordError(f"{name} holds {len(values)} values, expected 1")
    return values[0]


def _integer(found: dict[str, list[Value]], name: str) -> int:
    value = _one(found, name)
    if not isinstance(value, int):
        raise RecordError(f"{name} holds bytes, expected an int64")
    return value


def _array(found: dict[str, list[Value]], name: str) -> NDArray[np.float32]:
    shape = _SHAPES[name]
    data = _one(found, name)
    expected = 4 * int(np.prod(shape))
    wanted = f"expected {expected} (float32 {' x '.join(map(str, shape))})"
    if not isinstance(data, memoryview):
        raise RecordError(f"{name} is a number, expected bytes")
    if len(data) != expected:
        hint = "; that would be float64" if len(data) == 2 * expected else ""
        raise RecordError(f"{name} has {len(data)} bytes, {wanted}{hint}")
    return np.frombuffer(data, dtype="<f4").astype(np.float32).reshape(shape)


def encode_record(record: VariantRecord) -> bytes:
    """Encode one variant as an Example.

    Raises:
        RecordError: An array is not float32 of the expected shape; nothing is cast silently.
    """
    arrays: dict[str, bytes] = {}
    for name, shape in _SHAPES.items():
        array = getattr(record, name)
        if array.dtype != np.float32 or array.shape != shape:
            raise RecordError(
                f"{record.var_id}: {name} is {array.dtype} {array.shape}, expected float32 {shape}"
            )
        arrays[name] = array.astype("<f4", copy=False).tobytes()
    label = {} if record.label is None else {"label": record.label}
    return encode_example(
        {
            **label,
            "feature": arrays["feature"],
            "ref_aa": record.ref_aa,
            "alt_aa": record.alt_aa,
            "mask": arrays["mask"],
            "var_id": record.var_id.encode(),
        }
    )


def write_frames(path: str | Path, payloads: Iterable[bytes]) -> int:
    """Write payloads as a TFRecord file, which appears whole or not at all; returns their number.

    Raises:
        OSError: The file cannot be written.
    """
    number = 0
    with file_beside(path) as partial, open(partial, "wb") as file:
        for payload in payloads:
            length = struct.pack("<Q", len(payload))
            file.write(length + _CHECKSUM.pack(masked_crc32c(length)))
            file.write(payload)
            file.write(_CHECKSUM.pack(masked_crc32c(payload)))
            number += 1
    return number


def write_records(path: str | Path, records: Iterable[VariantRecord]) -> int:
    """Write variants as the original's builder does; returns how many were written.

    Raises:
        RecordError: A record's array has another shape or dtype; no file is left behind.
        OSError: The file cannot be written.
    """
    return write_frames(path, map(encode_record, records))
