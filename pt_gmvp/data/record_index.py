"""Index of the records in TFRecord files: one scan of the heads, then access by number."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.records.tfrecord import HEAD, RecordError, masked_crc32c

TAIL = struct.Struct("<I")


class Place(NamedTuple):
    """Place of a record: its file, its number there, its frame's offset, its payload's size."""

    file: str
    number: int
    offset: int
    size: int

    def __str__(self) -> str:
        return f"{self.file}, record {self.number} at byte {self.offset}"

    @property
    def stop(self) -> int:
        """Return the end of its frame."""
        return self.offset + HEAD.size + self.size + TAIL.size


class RecordIndex:
    """Places of all records of some files, in the files' order.

    The scan verifies the heads' checksums; whoever reads a payload verifies its own. Files are read
    at given offsets, so that forked processes can share an open file; an unpickled index reopens
    them.

    Raises:
        RecordError: a file is cut short, damaged in a head, or gzip-compressed.
        OSError: a file cannot be read.
    """

    def __init__(self, files: Sequence[str | Path]) -> None:
        self.files = [str(file) for file in files]
        found = [_places(file) for file in self.files]
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

    def located(self, index: int) -> tuple[int, Place]:
        """Return the open file that holds the record of this number, and its place there.

        Raises:
            OSError: the file cannot be opened.
        """
        file = int(np.searchsorted(self._first, index, "right")) - 1
        if file not in self._open:
            self._open[file] = os.open(self.files[file], os.O_RDONLY)
        offset, size = self._places[index].tolist()
        return self._open[file], Place(
            self.files[file], index - int(self._first[file]), offset, size
        )


def check_size(place: Place, whole: bool) -> None:
    """Raise RecordError if a frame is no longer complete."""
    if not whole:
        raise RecordError(f"{place}: the file was truncated while in use")


def check_sum(place: Place, tail: bytes, *payload: bytes | NDArray[np.uint8]) -> None:
    """Raise RecordError if a payload, in parts, does not match the checksum in `tail`."""
    if masked_crc32c(*payload) != TAIL.unpack_from(tail)[0]:
        raise RecordError(f"{place}: the payload does not match its checksum; it is damaged")


def _places(path: str) -> NDArray[np.int64]:
    """Return offset and payload size of each record, (records, 2); each head is verified."""
    found: list[tuple[int, int]] = []
    with open(path, "rb", buffering=0) as file:
        total = os.fstat(file.fileno()).st_size
        offset = 0
        while offset < total:
            head = os.pread(file.fileno(), HEAD.size, offset)
            place = place_at(path, len(found), offset, head, total)
            found.append((offset, place.size))
            offset = place.stop
    return np.array(found, np.int64).reshape(-1, 2)


def place_at(path: str, number: int, offset: int, head: bytes, total: int) -> Place:
    """Verify a frame's head; return the place of its record in a file of `total` bytes."""
    if len(head) == HEAD.size:
        size, checksum = HEAD.unpack(head)
        place = Place(path, number, offset, size)
        if masked_crc32c(head[:8]) == checksum and place.stop <= total:
            return place
    raise _refusal(head, total - offset, Place(path, number, offset, 0))


def _refusal(head: bytes, left: int, place: Place) -> RecordError:
    if place.offset == 0 and head.startswith(b"\x1f\x8b"):
        return RecordError(
            f"{place.file}: gzip-compressed files cannot be read by number; gunzip it, convert it"
            " to a store with gmvp-convert records, or read it with RecordStream"
        )
    if len(head) < HEAD.size:
        return RecordError(f"{place}: {left} bytes are left, but a frame's head has {HEAD.size}")
    size, checksum = HEAD.unpack(head)
    if masked_crc32c(head[:8]) != checksum:
        kind = "expected a TFRecord file" if place.offset == 0 else "the file is damaged here"
        return RecordError(f"{place}: the length does not match its checksum; {kind}")
    frame = HEAD.size + size + TAIL.size
    return RecordError(
        f"{place}: the frame has {frame} bytes, but {left} are left; the file is truncated"
    )
