"""The lines of a table in blocks: uncompressed, decoded and checked, in bounded memory."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError

LONGEST_LINE = 1 << 26
"""Most characters of a line, 64 Mi: a VCF has all of its samples on one."""

MOST_EMPTY = 1_000_000
"""Most empty lines of a table; a compressed file of a few kilobytes could hold billions."""

_CHUNK = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_START = itemgetter(slice(0, 1))
_ODD_STARTS = frozenset(("", "#", "\t", " ", ",", ";"))
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


class Lines(NamedTuple):
    """Some lines of a file without their ends, and the number of each, from 1."""

    texts: list[str]
    numbers: NDArray[np.int64]

    def select(self, keep: list[int]) -> "Lines":
        """Return some of the lines."""
        return Lines([self.texts[at] for at in keep], self.numbers[keep])


def read_blocks(path: str | Path) -> Iterator[Lines]:
    r"""Yield all lines of a text file, about a megabyte at a time.

    A line ends with \n, \r\n or \r. A byte order mark is left out; gzip (bgzip too) and zstd are
    recognised by their first bytes.

    Raises:
        InputError: a damaged stream, UTF-16 or other bytes that are not UTF-8, a NUL, a line of
            more than LONGEST_LINE characters, more than MOST_EMPTY empty lines.
        OSError: the file cannot be read.
    """
    number, empty = 1, 0
    for texts, doubtful in _split(path):
        if doubtful:
            _check(path, texts, number)
        empty += texts.count("")
        if empty > MOST_EMPTY:
            raise InputError(
                f"{path}: contains more than {MOST_EMPTY:,} empty lines, the limit for a table;"
                " remove them if the file is a table"
            )
        yield Lines(texts, np.arange(number, number + len(texts)))
        number += len(texts)


def contents(block: Lines) -> Lines:
    """Return a block without empty lines and comments, which begin with `#`."""
    texts = block.texts
    if not _ODD_STARTS.intersection(map(_START, texts)):
        return block
    kept = [at for at, text in enumerate(texts) if text[:1] != "#" and text.strip(" \t,;")]
    return block.select(kept)


def _split(path: str | Path) -> Iterator[tuple[list[str], bool]]:
    """Yield lines, and whether one of them may hold a byte that no text has."""
    doubtful = False
    parts: list[str] = []  # of a line that goes on in the next chunk
    size = 0
    for text in _decoded(path):
        doubtful |= "\0" in text or (not text.isascii() and bool(_NOT_UTF8.search(text)))
        if "\n" not in text:
            parts.append(text)
            size += len(text)
            if size > LONGEST_LINE:
                raise InputError(
                    f"{path}: contains a line of more than {LONGEST_LINE >> 20} Mi characters, the"
                    " limit for a table; is it one?"
                )
            continue
        texts = text.split("\n")
        if parts:
            texts[0] = "".join((*parts, texts[0]))
        parts = [texts.pop()]
        size = len(parts[0])
        yield texts, doubtful
        doubtful = doubtful and bool(parts[0])
    last = "".join(parts)
    if last:
        yield [last], doubtful


def _decoded(path: str | Path) -> Iterator[str]:
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder("utf-8")("surrogateescape"), translate=True
    )
    first = True
    for data in _chunks(path):
        text = decoder.decode(data)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        yield text
    yield decoder.decode(b"", True)


def _chunks(path: str | Path) -> Iterator[bytes]:
    kind = "zstd"
    try:
        with open(path, "rb") as file:
            start = file.peek(4)
            if start.startswith(_UTF16):
                raise InputError(f"{path}: is UTF-16 text; save it as UTF-8")
            if start.startswith(_GZIP):
                kind = "gzip"
                with gzip.GzipFile(fileobj=file) as expanded:
                    yield from iter(lambda: expanded.read(_CHUNK), b"")
            elif start.startswith(_ZSTD):
                with open_zstd(path, file) as plain:
                    yield from iter(lambda: plain.read(_CHUNK), b"")
            else:
                yield from iter(lambda: file.read(_CHUNK), b"")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a complete {kind} file ({error})") from None


def _check(path: str | Path, texts: list[str], number: int) -> None:
    """Raise InputError for the first line with a byte that no text has."""
    for at, text in enumerate(texts, number):
        if found := _NOT_UTF8.search(text):
            byte = ord(found[0]) - 0xDC00
            raise InputError(
                f"{path}, line {at}: byte 0x{byte:02x} is not UTF-8 text; save the table as UTF-8"
            )
        if "\0" in text:
            raise InputError(
                f"{path}, line {at}: contains a NUL byte; expected text (UTF-16 must be saved as"
                " UTF-8)"
            )


def open_zstd(path: str | Path, file: BinaryIO) -> BinaryIO:
    """Return a zstd stream expanded, by Python's own reader (from 3.14 on) or by zstandard.

    Raises:
        InputError: neither is there.
    """
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            import zstandard  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            raise InputError(
                f"{path}: is compressed by zstd, and Python's package zstandard is not installed;"
                " install it (pip install zstandard), or expand the file (zstd -d)"
            ) from None
        reader: BinaryIO = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return reader
    expanded: BinaryIO = zstd.ZstdFile(file)
    return expanded
