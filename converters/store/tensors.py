"""Safetensors files of a store, written whole or row by row, and read by memory mapping.

The safetensors library's numpy reader copies; a mapped tensor is only read where it is used. The
format (a uint64 with the header's size, the header in JSON, the data) is checked in full before any
data is used.
"""

import json
import mmap
import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError

DTYPES = {"F32": "<f4", "I32": "<i4", "I64": "<i8", "U8": "|u1"}
_LONGEST_HEADER = 1 << 16
_CHUNK = 1 << 22


class StoreError(InputError):
    """A store that is damaged, or of another format than expected."""


class Layout(NamedTuple):
    """One tensor of a file: its safetensors dtype and its shape."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Return the number of bytes of the tensor."""
        size = np.dtype(DTYPES[self.dtype]).itemsize
        for length in self.shape:
            size *= length
        return size


def header(layouts: Mapping[str, Layout], padded: int = 0) -> bytes:
    """Return the header of a file with these tensors, padded with spaces.

    Args:
        layouts: the tensors, in file order.
        padded: least size in bytes; the result is always a multiple of 8.
    """
    content, start = dict[str, Any](), 0
    for name, layout in layouts.items():
        stop = start + layout.size
        content[name] = {
            "dtype": layout.dtype,
            "shape": list(layout.shape),
            "data_offsets": [start, stop],
        }
        start = stop
    text = json.dumps(content, separators=(",", ":")).encode()
    size = max(padded, -(-(8 + len(text)) // 8) * 8)
    return struct.pack("<Q", size - 8) + text.ljust(size - 8)


def checksum(path: Path) -> str:
    """Return a file's crc32c as eight hexadecimal digits, reading in chunks."""
    crc = 0
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            crc = google_crc32c.extend(crc, chunk)
    return f"{crc:08x}"


class TensorFile:
    """A mapped and checked file of tensors; `tensors` are read-only views."""

    def __init__(self, path: Path, size: int, layouts: Mapping[str, Layout]) -> None:
        """Map a file.

        Args:
            path: the file.
            size: its bytes, from the index.
            layouts: its tensors, from the index.

        Raises:
            StoreError: the file differs from the index.
            OSError: it cannot be read.
        """
        self.path, self.size = path, size
        with open(path, "rb") as file:
            self._map = self._mapped(file)
        data = self._header(layouts)
        self.tensors = dict[str, NDArray[Any]]()
        for name, layout in layouts.items():
            count = int(np.prod(layout.shape, dtype=np.int64))
            array = np.frombuffer(self._map, DTYPES[layout.dtype], count, data)
            self.tensors[name] = array.reshape(layout.shape)
            data += layout.size

    def _mapped(self, file: BinaryIO) -> mmap.mmap:
        held = file.seek(0, 2)
        if held != self.size or held < 8:
            raise StoreError(
                f"{self.path}: has {held} bytes, but the index says {self.size}; the store is"
                " damaged: make it again"
            )
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def _header(self, layouts: Mapping[str, Layout]) -> int:
        """Compare the header with the index; return the offset of the data."""
        (length,) = struct.unpack("<Q", self._map[:8])
        if length > min(_LONGEST_HEADER, self.size - 8):
            raise StoreError(f"{self.path}: its header claims {length} bytes; it is damaged")
        expected = header(layouts, 8 + length)
        if self._map[: 8 + length] != expected:
            raise StoreError(f"{self.path}: its header differs from the index; it is damaged")
        total = sum(layout.size for layout in layouts.values())
        if 8 + length + total != self.size:
            raise StoreError(f"{self.path}: has {self.size} bytes, but its tensors need {total}")
        return int(8 + length)

    def check_size(self) -> None:
        """Raise StoreError for a file that was cut after mapping; reading it would be fatal."""
        if self._map.size() != self.size:
            raise StoreError(f"{self.path}: changed in size while it was open; open it again")

    def check_sum(self, expected: str) -> None:
        """Raise StoreError if the file's checksum differs from that in the index."""
        found = checksum(self.path)
        if found != expected:
            raise StoreError(
                f"{self.path}: crc32c is {found}, but the index says {expected}; it is damaged:"
                " make the store again"
            )


def check_range(path: Path, name: str, ids: NDArray[Any], stop: int) -> None:
    """Raise StoreError for ids outside 0 to `stop` - 1."""
    if ids.size and not (ids.min() >= 0 and ids.max() < stop):
        wrong = np.flatnonzero((ids.ravel() < 0) | (ids.ravel() >= stop))[0]
        value = ids.ravel()[wrong]
        raise StoreError(f"{path}: {name} {wrong} is {value}, expected 0 to {stop - 1}")


def concatenated(path: Path, parts: Sequence[tuple[str, Layout, Any]]) -> None:
    """Write a file of tensors; each part is an array, or the path of a file with its bytes."""
    with open(path, "wb") as file:
        file.write(header({name: layout for name, layout, _ in parts}))
        for _, layout, part in parts:
            if isinstance(part, Path):
                with open(part, "rb") as source:
                    shutil.copyfileobj(source, file, _CHUNK)
            else:
                file.write(np.ascontiguousarray(part, DTYPES[layout.dtype]).tobytes())
