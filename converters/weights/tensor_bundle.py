"""Reader for TensorFlow's TensorBundle: `prefix.index` and `prefix.data-00000-of-00001`.

The index is an immutable sorted table in LevelDB's format
(https://github.com/google/leveldb/blob/main/doc/table_format.md). It maps each key to a
BundleEntryProto: dtype, shape, shard, offset, size and checksum.
"""

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import WeightsError
from converters.protobuf_wire import BYTES, WireError, as_signed, fields, read_varint, submessages
from converters.records.tfrecord import masked_crc32c

# The numbers of tensorflow.DataType.
_NUMPY = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "u1",
    5: "<i2",
    6: "i1",
    9: "<i8",
    10: "?",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
_STRING, _BFLOAT16 = 7, 14
_MOST_AXES = 32
_MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
_FOOTER = 48
_BLOCK_TRAILER = 5


class BundleEntry(NamedTuple):
    """Location, dtype and shape of one tensor."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    sliced: bool


class TensorBundle:
    """An open checkpoint: its keys, and its tensors on demand with verified checksums."""

    def __init__(self, prefix: Path) -> None:
        """Read the index of the checkpoint at `prefix`; raise WeightsError if it is damaged."""
        self.prefix = prefix
        index = Path(f"{prefix}.index")
        try:
            table = _read_table(index.read_bytes())
            self._shards, little = _header(table.pop(b"", b""))
            self._entries = {
                key.decode("utf-8", "replace"): _entry(value) for key, value in table.items()
            }
        except ValueError as error:
            raise WeightsError(
                f"{index}: cannot be read as the index of a checkpoint: {error}"
            ) from None
        if not little:
            raise WeightsError(f"{index}: written on a big-endian machine, which is not supported")
        self._open: dict[int, bytes] = {}

    @property
    def keys(self) -> list[str]:
        """Return all keys, in the order of the index."""
        return list(self._entries)

    def tensor(self, key: str) -> NDArray[Any]:
        """Read a numeric tensor."""
        entry = self._entries[key]
        if entry.sliced:
            raise WeightsError(f"{self.prefix}: {key} is split into slices, which is not supported")
        if entry.dtype not in _NUMPY:
            name = "bfloat16" if entry.dtype == _BFLOAT16 else f"TensorFlow dtype {entry.dtype}"
            raise WeightsError(f"{self.prefix}: {key} is {name}, expected float32")
        kind = np.dtype(_NUMPY[entry.dtype])
        if len(entry.shape) > _MOST_AXES or any(size < 0 for size in entry.shape):
            raise WeightsError(f"{self.prefix}: {key} has the shape {entry.shape}; damaged?")
        if math.prod(entry.shape) * kind.itemsize != entry.size:
            raise WeightsError(
                f"{self.prefix}: {key} has {entry.size} bytes,"
                f" expected {math.prod(entry.shape) * kind.itemsize} ({kind} {entry.shape})"
            )
        data = self._bytes(key)
        if masked_crc32c(data) != entry.checksum:
            raise WeightsError(f"{self.prefix}: {key} has a wrong checksum; it is damaged")
        return np.frombuffer(data, dtype=kind).reshape(entry.shape).copy()

    def is_numeric(self, key: str) -> bool:
        """Return whether the tensor holds numbers rather than strings or variants."""
        return self._entries[key].dtype in _NUMPY or self._entries[key].dtype == _BFLOAT16

    def string(self, key: str) -> bytes:
        """Read a tensor of one string: its length as varint, 4 bytes of checksum, its bytes."""
        if self._entries[key].dtype != _STRING:
            raise WeightsError(f"{self.prefix}: {key} is not a string")
        data = memoryview(self._bytes(key))
        try:
            size, offset = read_varint(data, 0)
        except WireError:
            size, offset = -1, 0
        if size != len(data) - offset - 4:
            raise WeightsError(f"{self.prefix}: {key} is damaged: its length is wrong")
        # The checksum covers the length as a fixed-width number, its checksum, and the bytes.
        covered = size.to_bytes(4 if size < 1 << 32 else 8, "little") + bytes(data[offset:])
        if masked_crc32c(covered) != self._entries[key].checksum:
            raise WeightsError(f"{self.prefix}: {key} has a wrong checksum; it is damaged")
        return bytes(data[offset + 4 :])

    def _bytes(self, key: str) -> bytes:
        entry = self._entries[key]
        shard = Path(f"{self.prefix}.data-{entry.shard:05d}-of-{self._shards:05d}")
        if entry.shard not in self._open:
            try:
                self._open[entry.shard] = shard.read_bytes()
            except FileNotFoundError:
                raise WeightsError(
                    f"{shard}: no such file; the checkpoint needs it beside its index"
                ) from None
        data = self._open[entry.shard][entry.offset : entry.offset + entry.size]
        if entry.offset < 0 or len(data) != entry.size:
            raise WeightsError(f"{shard}: truncated: {key} extends past its end")
        return data


def _header(message: bytes) -> tuple[int, bool]:
    """Read a BundleHeaderProto; return the number of shards, and whether it is little-endian."""
    found = {field.tag: field.number for field in fields(memoryview(message))}
    return found.get(1, 1), found.get(2, 0) == 0


def _entry(message: bytes) -> BundleEntry:
    """Read a BundleEntryProto."""
    view = memoryview(message)
    numbers, shape, sliced = dict[int, int](), list[int](), False
    for field in fields(view):
        if field.wire_type != BYTES:
            numbers[field.tag] = field.number
        elif field.tag == 2:
            for dimension in submessages(field.data, 2):
                sizes = [item.number for item in fields(dimension) if item.tag == 1]
                shape.append(as_signed(sizes[-1]) if sizes else 0)
        sliced = sliced or field.tag == 7
    return BundleEntry(
        numbers.get(1, 0),
        tuple(shape),
        numbers.get(3, 0),
        as_signed(numbers.get(4, 0)),
        as_signed(numbers.get(5, 0)),
        numbers.get(6, 0),
        sliced,
    )


def _read_table(content: bytes) -> dict[bytes, bytes]:
    """Read a whole sorted table into key -> value, in the table's order.

    Raises:
        ValueError: the table is cut short, damaged or compressed (TensorFlow's never are).
    """
    if len(content) < _FOOTER or content[-8:] != _MAGIC:
        raise ValueError("its magic number is missing: not an index file, or truncated")
    view = memoryview(content)
    footer = view[len(content) - _FOOTER :]
    try:
        _, offset = _handle(footer, 0)
        index, _ = _handle(footer, offset)
        table: dict[bytes, bytes] = {}
        for _, handle in _block_entries(_block(view, index)):
            where, _ = _handle(memoryview(handle), 0)
            table.update(_block_entries(_block(view, where)))
    except WireError as error:
        raise ValueError(f"it is damaged: {error}") from None
    return table


def _handle(view: memoryview, offset: int) -> tuple[tuple[int, int], int]:
    start, offset = read_varint(view, offset)
    size, offset = read_varint(view, offset)
    return (start, size), offset


def _block(view: memoryview, handle: tuple[int, int]) -> memoryview:
    start, size = handle
    end = start + size
    if end + _BLOCK_TRAILER > len(view):
        raise ValueError(f"a block at byte {start} extends past the end of the file; truncated")
    if view[end] != 0:
        raise ValueError(f"a block at byte {start} is compressed, which TensorFlow's never are")
    checksum = int.from_bytes(view[end + 1 : end + _BLOCK_TRAILER], "little")
    if masked_crc32c(bytes(view[start : end + 1])) != checksum:
        raise ValueError(f"a block at byte {start} has a wrong checksum; it is damaged")
    return view[start:end]


def _block_entries(block: memoryview) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise ValueError("a block is too short")
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    key, offset = b"", 0
    while offset < end:
        shared, offset = read_varint(block, offset)
        fresh, offset = read_varint(block, offset)
        size, offset = read_varint(block, offset)
        if shared > len(key) or offset + fresh + size > end:
            raise ValueError("an entry extends past its block")
        key = key[:shared] + bytes(block[offset : offset + fresh])
        offset += fresh
        yield key, bytes(block[offset : offset + size])
        offset += size
