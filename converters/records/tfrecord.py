"""Reader and writer for TFRecord files that does not need TensorFlow.

A file is a sequence of frames: length (uint64), masked crc32c of the length, payload, masked crc32c
of the payload, all little-endian. The whole file may be gzip-compressed; offsets then refer to the
uncompressed stream.
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
"""Length in bytes of the longest payload accepted: a thousand times that of a variant record."""

HEAD = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_CHUNK = 1 << 20


class RecordError(InputError):
    """A record file that is damaged or does not hold variant records."""


class Frame(NamedTuple):
    """One payload, the record's number (from 0) and the byte offset of its frame."""

    number: int
    offset: int
    payload: bytes


class LeftOut(NamedTuple):
    """A skipped region: the number of its first record, its bytes, and the reason."""

    path: str
    number: int
    start: int
    stop: int
    reason: str


Report = Callable[[LeftOut], None]


class _Damage(Exception):
    """A frame that cannot be read; `stop` is its end if its length can be trusted."""

    def __init__(self, reason: str, stop: int | None = None) -> None:
        super().__init__(reason)
        self.stop = stop


class Ended(Exception):
    """A truncated or damaged gzip stream: nothing after this point can be read."""


def masked_crc32c(*parts: bytes | NDArray[np.uint8]) -> int:
    """Return TFRecord's checksum of bytes in one or several parts.

    It is their crc32c, rotated and offset, so that data may contain checksums of itself.
    """
    crc = 0
    for part in parts:
        crc = int(google_crc32c.extend(crc, part))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def is_gzipped(raw: BinaryIO | io.FileIO) -> bool:
    """Return whether an open file is gzip-compressed, by its first bytes; rewinds the file."""
    if not raw.seekable():
        raise RecordError(f"{raw.name}: is a pipe; expected a file, as it is read more than once")
    found = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    return found


class Stream:
    """The uncompressed bytes of a record file."""

    def __init__(self, path: str | Path, raw: BinaryIO) -> None:
        self.path = str(path)
        self.raw = raw
        self.size = os.fstat(raw.fileno()).st_size
        self.gzipped = is_gzipped(raw)
        self.file: BinaryIO = gzip.GzipFile(fileobj=raw) if self.gzipped else raw  # type: ignore[assignment]

    def left(self, offset: int) -> int:
        """Return the number of bytes after an offset; LONGEST for a compressed stream."""
        return LONGEST if self.gzipped else self.size - offset

    def read(self, count: int) -> bytes:
        """Read up to `count` bytes, allocating memory only as bytes arrive."""
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
            raise Ended(f"the gzip stream is damaged or truncated ({error})") from None

    def seek(self, offset: int) -> None:
        """Move to an offset."""
        try:
            self.file.seek(offset)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Ended(f"the gzip stream is damaged or truncated ({error})") from None

    def place(self, number: int, offset: int) -> str:
        """Describe the place of a record for a message."""
        stream = " of the uncompressed stream" if self.gzipped else ""
        return f"{self.path}, record {number} at byte {offset}{stream}"


def read_frames(
    path: str | Path,
    *,
    on_damage: Report | None = None,
    on_bytes: Callable[[float], None] | None = None,
) -> Iterator[Frame]:
    """Yield the payloads of a TFRecord file, verifying each length and checksum.

    Args:
        path: a regular file, plain or gzip-compressed.
        on_damage: called with each damaged region, which is then skipped; a region ends where the
            next frame with a valid head and payload begins. Without it, damage raises an error.
        on_bytes: called with the number of bytes read from the file since the last call.

    Raises:
        RecordError: a frame is cut short or longer than LONGEST, or a checksum is wrong.
        OSError: the file cannot be read.
    """
    with open(path, "rb") as raw:
        stream = Stream(path, raw)
        number = offset = reported = 0
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
                after, ended = _skip(stream, number, offset, error)
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
                on_bytes(now - reported)
                reported = now


def _read_frame(stream: Stream, number: int, offset: int) -> bytes | None:
    """Read the frame at the current position; return None at the end of the file."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        if not head:
            return None
        raise _Damage(f"{len(head)} bytes are left, but a frame head has 12; the file is truncated")
    length, checksum = HEAD.unpack(head)
    if masked_crc32c(head[:8]) != checksum:
        hint = "expected a TFRecord file" if number == 0 else "the file is damaged here"
        raise _Damage(f"the checksum of the length is wrong; {hint}")
    size = length + 16
    left = stream.left(offset)
    if size > left and not stream.gzipped:
        raise _Damage(f"the frame has {size} bytes, but {left} are left; the file is truncated")
    if length > LONGEST:
        raise _Damage(f"the frame claims {length} bytes; a record has at most {LONGEST}")
    payload, tail = stream.read(length), stream.read(_CHECKSUM.size)
    if len(tail) < _CHECKSUM.size:
        raise _Damage(
            "the file ends within the frame; it is truncated, or shrank while it was being read"
        )
    if masked_crc32c(payload) != _CHECKSUM.unpack(tail)[0]:
        raise _Damage("the checksum of the payload is wrong; it is damaged", offset + size)
    return payload


def _skip(stream: Stream, number: int, offset: int, damage: _Damage) -> tuple[int, bool]:
    """Move to the next valid frame; return its offset, and whether the file ends there."""
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
    """Write payloads as a TFRecord file, atomically; return their number.

    Args:
        path: the file to write.
        payloads: consumed one by one.
        gzipped: compress the file; the bytes are the same in every run.

    Raises:
        OSError: the file cannot be written.
    """
    number = 0
    with file_beside(path) as partial, open(partial, "wb") as raw:
        # Without a name and a time in gzip's header, the same records give the same bytes.
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
