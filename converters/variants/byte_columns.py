"""Columns as places in a block of bytes, and what can be read from them without a string a cell."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from converters.variants.letters import ONE, THREE

Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

PADDING = 16
"""Bytes that must follow the last cell, so that eight can be read from any place."""

_LONGEST = 64  # bytes of a cell that `distinct` compares
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(8)] + [(1 << 64) - 1], np.uint64)
_BUCKETS = 18  # bits
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class ByteColumn(Sequence[str]):
    """Cells of a column; each becomes a string only when it is asked for.

    Args:
        data: UTF-8 text, followed by PADDING further bytes.
        starts: (n,) the first byte of each cell, ascending.
        ends: (n,) the place after its last byte.
    """

    def __init__(self, data: bytes, starts: Places, ends: Places) -> None:
        self.data, self.starts, self.ends = data, starts, ends
        self.bytes = np.frombuffer(data, np.uint8)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> list[str]: ...
    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            return self.texts(range(*number.indices(len(self))))
        return self.data[self.starts[number] : self.ends[number]].decode()

    def texts(self, numbers: Iterable[int]) -> list[str]:
        """Return some cells as strings."""
        return [self[number] for number in numbers]

    def take(self, numbers: Places | Mask | slice) -> "ByteColumn":
        """Return some of the cells, as a column."""
        return ByteColumn(self.data, self.starts[numbers], self.ends[numbers])

    @cached_property
    def lengths(self) -> Places:
        """Return the number of bytes of each cell."""
        return self.ends - self.starts

    def distinct(self) -> tuple[list[str], NDArray[np.intp]] | None:
        """Return the distinct cells, and for each cell which of them it is; None if too long."""
        if not len(self) or int(self.lengths.max()) > _LONGEST:
            return None
        words = self._words()
        new = np.ones(len(self), bool)
        new[1:] = False
        for word in words:
            new[1:] |= word[1:] != word[:-1]
        runs = np.flatnonzero(new)
        first, inverse = _distinct([word[runs] for word in words])
        return self.texts(runs[first].tolist()), inverse[np.cumsum(new) - 1]

    def _words(self) -> list[NDArray[np.uint64]]:
        """Return the cells' bytes as numbers of eight bytes each, and their lengths."""
        wide = np.ndarray((len(self.data) - 7,), "<u8", self.data, 0, (1,))
        words = [self.lengths.astype(np.uint64)]
        for at in range(0, int(self.lengths.max()), 8):
            there = np.minimum(self.starts + at, len(wide) - 1)
            words.append(wide[there] & _MASKS[np.clip(self.lengths - at, 0, 8)])
        return words

    def digits(self, head: int = 0, tail: int = 0) -> NDArray[np.int32]:
        """Return the number, from 1, between the first and last bytes of each cell; else 0."""
        length = self.lengths - (head + tail)
        good = (length > 0) & (length < 10)
        value = np.zeros(len(self), np.int64)
        start = self.starts + head
        for at in range(int(length[good].max(initial=0))):
            digit = self.bytes[np.minimum(start + at, len(self.bytes) - 1)] - np.uint8(48)
            inside = at < length
            good &= (digit < 10) | ~inside
            if not at:
                good &= digit > 0
            value = np.where(inside, value * 10 + digit, value)
        return np.where(good, value, 0).astype(np.int32)

    def starts_with(self, text: bytes) -> Mask:
        """Return which cells begin with some bytes."""
        found = self.lengths >= len(text)
        for at, byte in enumerate(text):
            found &= self.bytes[self.starts + at] == byte
        return found

    def ends_with(self, text: bytes) -> Mask:
        """Return which cells end with some bytes."""
        found = self.lengths >= len(text)
        for at, byte in enumerate(text):
            found &= self.bytes[self.ends - len(text) + at] == byte
        return found

    def letters(self, code: int, at: int = 0, end: bool = False) -> NDArray[np.uint8]:
        """Return the residue that one or three bytes stand for, 0 for none.

        Args:
            code: 1 or 3, the bytes of a residue.
            at: the first of them, from the start, or how far their end is from the cell's.
            end: `at` counts from the end.
        """
        first = self.ends - at - code if end else self.starts + at
        first = np.clip(first, 0, len(self.bytes) - 4)
        if code == 1:
            return np.asarray(ONE[self.bytes[first]], np.uint8)
        # Letters of either case are 1 to 26 in their last five bits.
        parts = [self.bytes[first + place] for place in range(3)]
        good = np.logical_and.reduce([part >= 65 for part in parts])
        index = [(part & 31).astype(np.int64) for part in parts]
        return np.asarray(THREE[index[0] << 10 | index[1] << 5 | index[2]] * good, np.uint8)

    def has_any(self, wanted: Mask) -> Mask:
        """Return which cells have a byte of some; `wanted` is (256,) bool."""
        found = np.flatnonzero(wanted[self.bytes[: len(self.data) - PADDING]])
        cell = np.searchsorted(self.starts, found, "right") - 1
        cell = cell[(cell >= 0) & (found < self.ends[np.maximum(cell, 0)])]
        answer = np.zeros(len(self), bool)
        answer[cell] = True
        return answer

    def places(self, byte: bytes) -> tuple[Places, Places]:
        """Return each place of a byte in the cells, and the cell that it is in."""
        found = np.flatnonzero(self.bytes[: len(self.data) - PADDING] == ord(byte))
        cell = np.searchsorted(self.starts, found, "right") - 1
        inside = (cell >= 0) & (found < self.ends[np.maximum(cell, 0)])
        return found[inside], cell[inside]

    def split(self, byte: bytes) -> tuple[NDArray[np.int64], "ByteColumn"]:
        """Split the cells at a byte.

        Returns:
            cell: (m,) the cell of each part.
            parts: (m,) in order.
        """
        found, cell = self.places(byte)
        counts = np.bincount(cell, minlength=len(self)) + 1
        last = np.cumsum(counts) - 1
        ends = np.empty(int(counts.sum()), np.int64)
        is_last = np.zeros(len(ends), bool)
        is_last[last] = True
        ends[is_last], ends[~is_last] = self.ends, found
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1] + 1
        starts[last - counts + 1] = self.starts
        return np.repeat(np.arange(len(self)), counts), ByteColumn(self.data, starts, ends)


def _distinct(words: list[NDArray[np.uint64]]) -> tuple[Places, NDArray[np.intp]]:
    """Return the first row of each distinct tuple of words, and for each row which it is.

    Rows are put into buckets by a hash, and compared with one row of their bucket; rows that
    differ from it are put into other buckets, until there are none.
    """
    number = len(words[0])
    whose = np.empty(number, np.int64)  # a row with the same words
    left, shift = np.arange(number), np.uint64(0)
    table = np.empty(1 << _BUCKETS, np.int32)
    while len(left):
        key = np.full(len(left), shift, np.uint64)
        for word in words:
            key = (key ^ word[left]) * _FACTOR
            key ^= key >> np.uint64(29)
        bucket = (key >> np.uint64(64 - _BUCKETS)).astype(np.int64)
        table[bucket] = left
        found = table[bucket].astype(np.int64)
        same = np.logical_and.reduce([word[left] == word[found] for word in words])
        whose[left[same]] = found[same]
        left, shift = left[~same], shift + np.uint64(1)
    first = np.flatnonzero(whose == np.arange(number))
    which = np.empty(number, np.intp)
    which[first] = np.arange(len(first))
    return first, which[whose]
