"""TFRecord files, read and written without TensorFlow.

A file is a row of frames: length (uint64), masked crc32c of the length, payload, masked crc32c of
the payload, all little-endian. A file may be gzip-compressed as a whole; offsets are then those of
the uncompressed stream.
"""

import gzip
import io
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.errors import InputError

LONGEST = 1 << 28
"""Bytes of the longest payload that is read: a thousand times a variant record's."""

HEAD = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_CHUNK = 1 << 20


class RecordError(InputError):
    """A record file that is damaged or holds something else than variant records."""


class Frame(NamedTuple):
    """One payload with its place: the record's number (from 0) and its frame's byte offset."""

    number: int
    offset: int
    payload: bytes


class LeftOut(NamedTuple):
    """A region that was passed over: the number its first record has, its bytes, and the reason."""

    path: str
    number: int
    start: int
    stop: int
    reason: str


Report = Callable[[LeftOut], None]


class _Damage(Exception):
    """A frame that cannot be read; `stop` is the end of its bytes if its length can be trusted."""

    def __init__(self, reason: str, stop: int | None = None) -> None:
        super().__init__(reason)
        self.stop = stop


class Ended(Exception):
    """A gzip stream that ends or breaks where more was expected: nothing after it can be read."""


def masked_crc32c(*parts: bytes | NDArray[np.uint8]) -> int:
    """Compute TFRecord's checksum of bytes in one or several parts.

    It is their crc32c, rotated and shifted, so that it may lie in the data that it is of.
    """
    crc = 0
    for part in parts:
        crc = int(google_crc32c.extend(crc, part))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def is_gzipped(raw: BinaryIO | io.FileIO) -> bool:
    """Tell by its first bytes whether an open file is gzip-compressed; it is read from there on."""
    if not raw.seekable():
        raise RecordError(f"{raw.name}: is a pipe; expected a file, which is read more than once")
    found = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return found


class Stream:
    """A record file's bytes, uncompressed; `left` is None where the size is not known."""

    def __init__(self, path: str | Path, raw: BinaryIO) -> None:
        self.path = str(path)
        self.raw = raw
        self.size = os.fstat(raw.fileno()).st_size
        self.gzipped = is_gzipped(raw)
        self.file: BinaryIO = gzip.GzipFile(fileobj=raw) if self.gzipped else raw  # type: ignore[assignment]

    def left(self, offset: int) -> int:
        """Count the bytes after an offset; of a compressed stream, the most that may be read."""
        return LONGEST if self.gzipped else self.size - offset

    def read(self, count: int) -> bytes:
        """Read up to `count` bytes; memory is taken as bytes prove to be there."""
        if not self.gzipped:
            return self.file.read(count)
        try:
            if count <= _CHUNK:
                return self.file.read(count)
            parts = io.BytesIO()
            while count and (part := self.file.read(min(count, _CHUNK))):
                parts.write(part)
                count -= len(part)
            return parts.getvalue()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Ended(f"the gzip stream is damaged or cut short ({error})") from None

    def seek(self, offset: int) -> None:
        """Move to an offset."""
        try:
            self.file.seek(offset)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Ended(f"the gzip stream is damaged or cut short ({error})") from None

    def place(self, number: int, offset: int) -> str:
        """Name a record for a message."""
        stream = " of the uncompressed stream" if self.gzipped else ""
        return f"{self.path}, record {number} at byte {offset}{stream}"


def read_frames(
    path: str | Path,
    *,
    on_damage: Report | None = None,
    on_bytes: Callable[[float], None] | None = None,
) -> Iterator[Frame]:
    """Read the payloads of a TFRecord file, each length and checksum verified.

    Args:
        path: A regular file, plain or gzip-compressed; told by its first bytes.
        on_damage: Called with each damaged region, which is then passed over; a region ends where
            the next frame begins whose head and payload both check out. Without it, the first
            damage is refused.
        on_bytes: Called with the count of bytes of the file read since the last call.

    Raises:
        RecordError: A frame is cut short, a checksum does not hold, or a frame is longer than
            LONGEST.
        OSError: The file cannot be read.
    """
    with open(path, "rb") as raw:
        stream = Stream(path, raw)
        number = offset = told = 0
        while True:
            try:
                payload = _read_frame(stream, number, offset)
            except Ended as error:
                if on_damage is None:
                    raise RecordError(f"{stream.place(number, offset)}: {error}") from None
                on_damage(LeftOut(str(path), number, offset, offset, f"{error}; the rest is lost"))
                return
            except _Damage as error:
                if on_damage is None:
                    raise RecordError(f"{stream.place(number, offset)}: {error}") from None
                after, ended = _pass_over(stream, number, offset, error)
                on_damage(LeftOut(str(path), number, offset, after, str(error)))
                if ended:
                    return
                number, offset = number + 1, after
                continue
            if payload is None:
                return
            yield Frame(number, offset, payload)
            number, offset = number + 1, offset + len(payload) + 16
            if on_bytes is not None:
                now = raw.tell()
                on_bytes(now - told)
                told = now


def _read_frame(stream: Stream, number: int, offset: int) -> bytes | None:
    """Read the frame that begins here; None at the end of the file."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        if not head:
            return None
        raise _Damage(f"{len(head)} bytes are left, a frame's head has 12; the file is cut short")
    length, checksum = HEAD.unpack(head)
    if masked_crc32c(head[:8]) != checksum:
        told = "expected a TFRecord file" if number == 0 else "the file is damaged here"
        raise _Damage(f"the length's checksum does not hold; {told}")
    size = length + 16
    left = stream.left(offset)
    if size > left and not stream.gzipped:
        raise _Damage(f"the frame has {size} bytes, only {left} are left; the file is cut short")
    if length > LONGEST:
        raise _Damage(f"the frame claims {length} bytes; a record has at most {LONGEST}")
    payload, tail = stream.read(length), stream.read(_CHECKSUM.size)
    if len(tail) < _CHECKSUM.size:
        raise _Damage(
            "the file ends within the frame; it is cut short, or shrank while it was read"
        )
    if masked_crc32c(payload) != _CHECKSUM.unpack(tail)[0]:
        raise _Damage("the payload's checksum does not hold; it is damaged", offset + size)
    return payload


def _pass_over(stream: Stream, number: int, offset: int, damage: _Damage) -> tuple[int, bool]:
    """Move to the next sound frame: (its offset, or the end's; whether the file ends there)."""
    from converters.records.tfrecord_resync import is_head, next_frame

    try:
        if damage.stop is not None:
            stream.seek(damage.stop)
            head = stream.read(HEAD.size)
            if not head or is_head(head):
                stream.seek(damage.stop)
                return damage.stop, not head
        after, ended = next_frame(stream, offset + 1)
        stream.seek(after)
    except Ended:
        return offset, True
    except TimeoutError as error:
        raise RecordError(f"{stream.place(number, offset)}: {damage}; {error}") from None
    return after, ended


def write_frames(path: str | Path, payloads: Iterable[bytes], *, gzipped: bool = False) -> int:
    """Write payloads as a TFRecord file, which appears whole or not at all; returns their number.

    Args:
        path: The file to write.
        payloads: Taken one by one.
        gzipped: Compress the file; the bytes are the same from run to run.

    Raises:
        OSError: The file cannot be written.
    """
    number = 0
    with file_beside(path) as partial, open(partial, "wb") as raw:
        # No name and no time in gzip's head: the same records give the same bytes.
        file = gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) if gzipped else raw
        for payload in payloads:
            length = struct.pack("<Q", len(payload))
            file.write(length + _CHECKSUM.pack(masked_crc32c(length)))
            file.write(payload)
            file.write(_CHECKSUM.pack(masked_crc32c(payload)))
            number += 1
        if file is not raw:
            file.close()
    return number
