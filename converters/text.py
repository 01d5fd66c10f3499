"""Text files in UTF-8, with or without a byte order mark, plain or compressed; and JSON."""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from converters.errors import InputError

COMPRESSED = (".gz", ".bgz", ".bgzf", ".zst")
"""Suffixes of compressed text in every command; bgzip's files are gzip files. The content decides,
not the suffix."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20
_ZSTD_CHUNK = 1 << 11  # of which zstd makes 64 MiB at the most
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


def plain_suffix(path: str | Path) -> str:
    """Return a file name's last suffix in lower case, without that of a compression; "" if none."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    while suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


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


def gzip_pieces(path: str | Path, file: BinaryIO) -> Iterator[bytes]:
    """Yield what a gzip stream holds, about a megabyte at a time; raise InputError if damaged."""
    try:
        with gzip.GzipFile(fileobj=file) as expanded:
            while part := expanded.read(_CHUNK):
                yield part
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a complete gzip file ({error})") from None


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
                raise InputError(f"{path}: not a complete zstd file ({error})") from None
            yield part
            chunk = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise InputError(f"{path}: not a complete zstd file (it ends within a frame)")


def as_json(content: Mapping[str, Any]) -> str:
    """Format JSON as in every file of this project."""
    return json.dumps(content, indent=2) + "\n"
