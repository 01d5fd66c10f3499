"""Where each record of TFRecord files lies: one scan of the heads, then access by number."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.tfrecord import RecordError, masked_crc32c

_HEAD = struct.Struct("<QI")
_TAIL = struct.Struct("<I")


class Place(NamedTuple):
    """Where a record lies: its file, its number there, its frame's offset, its payload's bytes."""

    file: str
    number: int
    offset: int
    size: int

    def __str__(self) -> str:
        return f"{self.file}, record {self.number} at byte {self.offset}"


class RecordIndex:
    """The places of all records of some files, in the files' order.

    The heads' checksums are verified by the scan, a payload's by `payload`. Files are read at given
    offsets, so that forked processes share an open file without harm; a pickled index opens anew.

    Raises:
        RecordError: a file is cut short, damaged in a head, or gzip-compressed.
        OSError: a file cannot be read.
    """

    def __init__(self, files: Sequence[str | Path]) -> None:
        self.files = [str(file) for file in files]
        found = [_scan(file) for file in self.files]
        self._first = np.cumsum([0] + [len(places) for places in found])
        self._places: NDArray[np.int64] = np.concatenate([np.empty((0, 2), np.int64), *found])
        self._open: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}}

    def __del__(self) -> None:
        for descriptor in self.__dict__.get("_open", {}).values():
            os.close(descriptor)

    def place(self, index: int) -> Place:
        """Where the record of this number, over all files, lies."""
        file = int(np.searchsorted(self._first, index, "right")) - 1
        offset, size = self._places[index].tolist()
        return Place(self.files[file], index - int(self._first[file]), offset, size)

    def payload(self, index: int) -> bytes:
        """Read a record's payload and verify it.

        Raises:
            RecordError: it is damaged, or the file is no longer what was scanned.
            OSError: the file cannot be read.
        """
        file = int(np.searchsorted(self._first, index, "right")) - 1
        offset, size = self._places[index].tolist()
        frame = os.pread(self._descriptor(file), size + _TAIL.size, offset + _HEAD.size)
        if len(frame) != size + _TAIL.size:
            raise RecordError(f"{self.place(index)}: the file grew shorter while it was in use")
        payload = frame[:size]
        if masked_crc32c(payload) != _TAIL.unpack_from(frame, size)[0]:
            raise RecordError(
                f"{self.place(index)}: the payload's checksum does not hold; it is damaged"
            )
        return payload

    def _descriptor(self, file: int) -> int:
        if file not in self._open:
            self._open[file] = os.open(self.files[file], os.O_RDONLY)
        return self._open[file]


def _scan(path: str) -> NDArray[np.int64]:
    """Offset and payload size of each record: (records, 2)."""
    places: list[tuple[int, int]] = []
    with open(path, "rb", buffering=0) as file:
        total = os.fstat(file.fileno()).st_size
        offset = 0
        while offset < total:
            head = os.pread(file.fileno(), _HEAD.size, offset)
            size = _payload_size(head, total - offset, Place(path, len(places), offset, 0))
            places.append((offset, size))
            offset += _HEAD.size + size + _TAIL.size
    return np.array(places, np.int64).reshape(-1, 2)


def _payload_size(head: bytes, left: int, place: Place) -> int:
    if place.offset == 0 and head.startswith(b"\x1f\x8b"):
        raise RecordError(
            f"{place.file}: is gzip-compressed, which cannot be read by number; gunzip it, make a "
            "store of it with gmvp-convert records, or read it with RecordStream"
        )
    if len(head) < _HEAD.size:
        raise RecordError(f"{place}: {left} bytes are left, a frame's head has {_HEAD.size}")
    size, checksum = _HEAD.unpack(head)
    if masked_crc32c(head[:8]) != checksum:
        kind = "expected a TFRecord file" if place.offset == 0 else "the file is damaged here"
        raise RecordError(f"{place}: the length's checksum does not hold; {kind}")
    frame = _HEAD.size + size + _TAIL.size
    if frame > left:
        raise RecordError(
            f"{place}: the frame has {frame} bytes, only {left} are left; the file is cut short"
        )
    return int(size)
