"""TensorFlow's TensorBundle, without TensorFlow: `prefix.index` and `prefix.data-00000-of-00001`.

The index maps each key to a BundleEntryProto: dtype, shape, shard, offset, size and checksum.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.protobuf_wire import BYTES, WireError, as_signed, fields, read_varint, submessages
from converters.records.tfrecord import masked_crc32c
from converters.weights.errors import WeightsError
from converters.weights.sstable import TableError, read_table

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


class BundleEntry(NamedTuple):
    """Where one tensor lies and what it is."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    sliced: bool


class TensorBundle:
    """An open checkpoint: its keys, and its tensors on demand, each checksum verified."""

    def __init__(self, prefix: Path) -> None:
        """Read the index of the checkpoint at `prefix`; raises WeightsError when damaged."""
        self.prefix = prefix
        index = Path(f"{prefix}.index")
        try:
            table = read_table(index.read_bytes())
            self._shards, little = _header(table.pop(b"", b""))
            self._entries = {
                key.decode("utf-8", "replace"): _entry(value) for key, value in table.items()
            }
        except (TableError, WireError) as error:
            raise WeightsError(
                f"{index}: cannot be read as a checkpoint's index: {error}"
            ) from None
        if not little:
            raise WeightsError(f"{index}: written on a big-endian machine, which is not supported")
        self._open: dict[int, bytes] = {}

    @property
    def keys(self) -> list[str]:
        """All keys, sorted as in the index."""
        return list(self._entries)

    def tensor(self, key: str) -> NDArray[Any]:
        """Read a numeric tensor."""
        entry = self._entries[key]
        if entry.sliced:
            raise WeightsError(f"{self.prefix}: {key} is split in slices, which is not supported")
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
            raise WeightsError(f"{self.prefix}: {key}'s checksum does not hold; it is damaged")
        return np.frombuffer(data, dtype=kind).reshape(entry.shape).copy()

    def is_numeric(self, key: str) -> bool:
        """Tell whether the tensor is of numbers rather than strings or variants."""
        return self._entries[key].dtype in _NUMPY or self._entries[key].dtype == _BFLOAT16

    def string(self, key: str) -> bytes:
        """Read a tensor of one string: its length as varint, 4 bytes of checksum, its bytes."""
        if self._entries[key].dtype != _STRING:
            raise WeightsError(f"{self.prefix}: {key} is no string")
        data = memoryview(self._bytes(key))
        try:
            size, offset = read_varint(data, 0)
        except WireError:
            size, offset = -1, 0
        if size != len(data) - offset - 4:
            raise WeightsError(f"{self.prefix}: {key} is damaged: its length does not fit")
        # The checksum covers the lengths as fixed-width numbers, their checksum, and the bytes.
        covered = size.to_bytes(4 if size < 1 << 32 else 8, "little") + bytes(data[offset:])
        if masked_crc32c(covered) != self._entries[key].checksum:
            raise WeightsError(f"{self.prefix}: {key}'s checksum does not hold; it is damaged")
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
            raise WeightsError(f"{shard}: is cut short: {key} ends past its end")
        return data


def _header(message: bytes) -> tuple[int, bool]:
    """Read a BundleHeaderProto: number of shards, and whether little-endian."""
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
