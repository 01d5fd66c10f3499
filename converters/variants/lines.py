"""The lines of a table in blocks: uncompressed, decoded and checked, in bounded memory."""

import codecs
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.text import pieces
from converters.variants.byte_columns import PADDING

LONGEST_LINE = 1 << 26
"""Most bytes of a line, 64 Mi: a VCF has all of its samples on one."""

MOST_EMPTY = 1_000_000
"""Most lines of a table that are empty or comments; a few compressed kilobytes hold billions."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLANK = np.zeros(256, bool)
_BLANK[list(b"\t ,;\n")] = True
_COMMENT, _NEWLINE = ord("#"), ord("\n")


class Lines:
    r"""Some lines of a file.

    Args:
        data: the lines, each with its \n, and PADDING further bytes.
        numbers: (n,) int64, the number of each line in the file, from 1.
        ends: as the attribute, if known.

    Attributes:
        starts: (n,) int64, the first byte of each line.
        ends: (n,) int64, the place of its \n.
    """

    def __init__(
        self, data: bytes, numbers: NDArray[np.int64], ends: NDArray[np.int64] | None = None
    ) -> None:
        self.data, self.numbers, self._ends = data, numbers, ends

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Return the place of each line's end."""
        if self._ends is not None:
            return self._ends
        whole = np.frombuffer(self.data, np.uint8)[: len(self.data) - PADDING]
        return np.flatnonzero(whole == _NEWLINE)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Return the place of each line's first byte."""
        return np.r_[0, self.ends[:-1] + 1] if len(self) else self.ends

    @cached_property
    def texts(self) -> list[str]:
        """Return the lines as strings without their ends."""
        return self.data[: len(self.data) - PADDING].decode().split("\n")[:-1]

    def text(self, at: int) -> str:
        """Return one line."""
        start = self.ends[at - 1] + 1 if at else 0
        return self.data[start : self.ends[at]].decode()

    def after(self, at: int) -> "Lines":
        """Return the lines from some number on, counted from 0."""
        start = int(self.ends[at - 1]) + 1 if at else 0
        return Lines(self.data[start:], self.numbers[at:])

    @cached_property
    def is_empty(self) -> NDArray[np.bool_]:
        """Return which lines have nothing but white space and delimiters: (n,)."""
        if not len(self):
            return np.zeros(0, bool)
        starts = self.starts
        begins = _BLANK[np.frombuffer(self.data, np.uint8)[starts]]
        if not begins.any():
            return begins
        whole = np.frombuffer(self.data, np.uint8)[: len(self.data) - PADDING]
        empty: NDArray[np.bool_] = np.logical_and.reduceat(_BLANK[whole], starts)
        return empty

    @property
    def is_comment(self) -> NDArray[np.bool_]:
        """Return which lines begin with `#`: (n,)."""
        comment: NDArray[np.bool_] = np.frombuffer(self.data, np.uint8)[self.starts] == _COMMENT
        return comment

    def select(self, keep: list[int]) -> "Lines":
        """Return some of the lines."""
        lines = self.data[: len(self.data) - PADDING].split(b"\n")
        kept = b"".join(lines[at] + b"\n" for at in keep)
        return Lines(kept + bytes(PADDING), self.numbers[keep])


def read_blocks(path: str | Path) -> Iterator[Lines]:
    r"""Yield all lines of a text file, about a megabyte at a time.

    A line ends with \n, \r\n or \r. A byte order mark is left out; gzip (bgzip too) and zstd are
    recognised by their first bytes.

    Raises:
        InputError: a damaged stream, UTF-16 or other bytes that are not UTF-8, a NUL, a line of
            more than LONGEST_LINE bytes, more than MOST_EMPTY lines without a cell.
        OSError: the file cannot be read.
    """
    number, empty = 1, 0
    for data in _whole_lines(path):
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)
        count = len(ends)
        if b"\0" in data or not data.isascii():
            _check(path, data, number)
        numbers = np.arange(number, number + count)
        block = Lines(data + bytes(PADDING), numbers, ends)
        empty += int(np.count_nonzero(block.is_empty | block.is_comment))
        if empty > MOST_EMPTY:
            raise InputError(
                f"{path}: contains more than {MOST_EMPTY:,} empty lines and comments, the limit for"
                " a table; remove them if the file is a table"
            )
        yield block
        number += count


def contents(block: Lines) -> Lines:
    """Return a block without empty lines and comments, which begin with `#`."""
    if not len(block):
        return block
    keep = ~(block.is_comment | block.is_empty)
    return block if keep.all() else block.select(np.flatnonzero(keep).tolist())


def _whole_lines(path: str | Path) -> Iterator[bytes]:
    r"""Yield pieces of whole lines, all of which end with \n."""
    parts: list[bytes] = []  # of a line that goes on in the next chunk
    size = 0
    for data in _unix(path):
        end = data.rfind(b"\n") + 1
        if end:
            yield b"".join((*parts, data[:end]))
            parts, size = [], 0
        parts.append(data[end:])
        size += len(data) - end
        if size > LONGEST_LINE:
            raise InputError(
                f"{path}: contains a line of more than {LONGEST_LINE >> 20} MiB, the limit for a"
                " table; is it one?"
            )
    if last := b"".join(parts):
        yield last + b"\n"


def _unix(path: str | Path) -> Iterator[bytes]:
    r"""Yield the bytes of a file with \n for \r\n and \r, and without a byte order mark."""
    first, held = True, b""
    for chunk in pieces(path):
        data = held + chunk
        if first:
            if len(data) < 3:
                held = data
                continue
            if data.startswith(_UTF16):
                raise InputError(f"{path}: is UTF-16 text; save it as UTF-8")
            data, first = data.removeprefix(codecs.BOM_UTF8), False
        held = b"\r" if data.endswith(b"\r") else b""
        data = data[: len(data) - len(held)]
        yield data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data
    yield held.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _check(path: str | Path, data: bytes, number: int) -> None:
    """Raise InputError for the first line with a byte that no text has."""
    try:
        data.decode()
        wrong = data.find(b"\0")
    except UnicodeDecodeError as error:
        nul = data.find(b"\0", 0, error.start)
        wrong = nul if nul >= 0 else error.start
    if wrong < 0:
        return
    line = number + data.count(b"\n", 0, wrong)
    if data[wrong]:
        raise InputError(
            f"{path}, line {line}: byte 0x{data[wrong]:02x} is not UTF-8 text; save the table as"
            " UTF-8"
        )
    raise InputError(
        f"{path}, line {line}: contains a NUL byte; expected text (save UTF-16 as UTF-8)"
    )
