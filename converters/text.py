"""Text files in UTF-8, with or without a byte order mark, plain or compressed; and JSON."""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from converters.errors import InputError

COMPRESSED = (".gz", ".bgz", ".bgzf", ".zst")
"""Suffixes of compressed text in every command; bgzip's files are gzip files. The content decides,
not the suffix."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20
_ZSTD_CHUNK = 1 << 11  # of which zstd makes 64 MiB at the most
GZIP, ZSTD = "gzip", "zstd"
LONGEST = 1 << 28
"""Most bytes of uncompressed text that are read from a compressed file."""


def read_text(path: str | Path, longest: int | None = None) -> str:
    """Read a whole text file, uncompressed if it begins with the magic number of gzip or zstd.

    Args:
        path: the file.
        longest: most bytes that a compressed file may expand to, by default LONGEST.

    Raises:
        InputError: a damaged stream, one that expands to more than `longest` bytes, or bytes that
            are not UTF-8.
        OSError: the file cannot be read.
    """
    most = LONGEST if longest is None else longest
    data = Path(path).read_bytes()
    if data.startswith((_GZIP, _ZSTD)):
        data = _expanded(path, data, most)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8 text") from None


def lines_of(text: str) -> Iterator[str]:
    r"""Yield the lines of a text without their ends: \n, \r\n or \r, as in every text editor.

    `str.splitlines` would also split at form feeds and at U+0085 or U+2028, which may be part of a
    name; and a list of all lines takes gigabytes for a file of nothing but line ends.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    at = 0
    while (end := text.find("\n", at)) >= 0:
        yield text[at:end]
        at = end + 1
    if at < len(text):
        yield text[at:]


def table_lines(text: str, path: object) -> Iterator[str]:
    r"""Yield the lines of a table with their ends, \n or \r\n, for `csv.reader`.

    Raises:
        InputError: a line holds a bare \r; whether it ends a row or belongs to a field is unclear.
    """
    at = number = 0
    while at < len(text):
        number += 1
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end]
        if "\r" in line.removesuffix("\n").removesuffix("\r"):
            raise InputError(
                f"{path}, line {number}: contains a carriage return that does not end the line;"
                " expected lines that end in \\n or \\r\\n (old Macintosh files: convert them with"
                " tr '\\r' '\\n')"
            )
        yield line
        at = end


def plain_name(path: str | Path) -> str:
    """Return a file's name without the suffixes of compressions."""
    name = Path(path).name
    while (stem := Path(name)).suffix.lower() in COMPRESSED:
        name = stem.stem
    return name


def plain_suffix(path: str | Path) -> str:
    """Return a file name's last suffix in lower case, without that of a compression; "" if none."""
    return Path(plain_name(path)).suffix.lower()


def _expanded(path: str | Path, data: bytes, most: int) -> bytes:
    """Uncompress data, stopping soon after `most` bytes; raise InputError."""
    parts, size = [], 0
    file = io.BytesIO(data)
    for part in gzip_pieces(path, file) if data.startswith(_GZIP) else zstd_pieces(path, file):
        parts.append(part)
        size += len(part)
        if size > most:
            raise InputError(
                f"{path}: expands to more than {most >> 20:,} MiB of text; uncompress it first if"
                " that is intended"
            )
    return b"".join(parts)


def compression_of(path: str | Path) -> str:
    """Return how a file is compressed by its first bytes: GZIP, ZSTD, or "" if it is not.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        return _compression(file.peek(4))


def _compression(start: bytes) -> str:
    return GZIP if start.startswith(_GZIP) else ZSTD if start.startswith(_ZSTD) else ""


def pieces(path: str | Path, size: int | None = None) -> Generator[bytes, None, None]:
    """Yield what a file holds, uncompressed, piece by piece; it may be a pipe.

    Args:
        path: the file.
        size: bytes of a piece, by default about a megabyte.

    Raises:
        InputError: a damaged stream, or zstd without a reader of it.
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        kind = _compression(file.peek(4))
        if kind == GZIP:
            yield from gzip_pieces(path, file, size)
        elif kind == ZSTD:
            yield from zstd_pieces(path, file)
        else:
            while chunk := file.read(size or _CHUNK):
                yield chunk


class _Expanded(io.RawIOBase):
    """Content of a file, uncompressed, as a file that is read once."""

    def __init__(self, path: str | Path) -> None:
        self._pieces, self._rest = pieces(path), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            part = next(self._pieces, None)
            if part is None:
                return 0
            self._rest = part
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def close(self) -> None:
        self._pieces.close()
        super().close()


def open_expanded(path: str | Path) -> io.BufferedReader:
    """Open a file whose content, uncompressed, is read once; reading raises as `pieces`."""
    return io.BufferedReader(_Expanded(path), _CHUNK)


def gzip_pieces(path: str | Path, file: BinaryIO, size: int | None = None) -> Iterator[bytes]:
    """Yield what a gzip stream holds in pieces of `size` bytes; raise InputError if damaged."""
    try:
        with gzip.GzipFile(fileobj=file) as expanded:
            while part := expanded.read(size or _CHUNK):
                yield part
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a complete gzip file ({error}); copy it again") from None


def zstd_pieces(path: str | Path, file: BinaryIO) -> Iterator[bytes]:
    """Yield what a zstd stream holds, by Python's own reader (from 3.14 on) or by zstandard.

    Raises:
        InputError: neither reader is there, or the stream is damaged or ends within a frame.
    """
    new: Callable[[], Any]
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]

        new = zstd.ZstdDecompressor
    except ImportError:
        try:
            import zstandard  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            raise InputError(
                f"{path}: is compressed by zstd, and Python's package zstandard is not installed;"
                " install it (pip install zstandard), or uncompress the file (zstd -d)"
            ) from None
        new = zstandard.ZstdDecompressor().decompressobj
    frame = None
    while chunk := file.read(_ZSTD_CHUNK):
        while chunk:
            frame = frame or new()
            try:
                part = frame.decompress(chunk)
            except Exception as error:  # of the library's own classes
                raise InputError(
                    f"{path}: not a complete zstd file ({error}); copy it again"
                ) from None
            yield part
            chunk = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise InputError(
            f"{path}: not a complete zstd file (it ends within a frame); copy it again"
        )


def as_json(content: Mapping[str, Any]) -> str:
    """Format JSON as in every file of this project."""
    return json.dumps(content, indent=2) + "\n"
