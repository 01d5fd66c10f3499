"""Columns of text turned into numbers.

Each distinct cell is read once: the caches are dictionaries that compute what they lack. They are
emptied when full, so a table in which all cells differ takes time and no memory.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from converters.residues import AMINO_ACIDS
from converters.variants.byte_columns import ByteColumn
from converters.variants.changes import (
    LETTER_OF,
    Substitution,
    SubstitutionError,
    parse_substitution,
)

_MOST = 1 << 17
_POSITION = re.compile(r"([1-9][0-9]{0,8})(?:\.0+)?")
_TWENTY = np.zeros(256, bool)
_TWENTY[np.frombuffer(AMINO_ACIDS.encode(), np.uint8)] = True

_UNSAFE = re.compile(r"^[=+@-]|[\x00-\x1f\x7f]")
_BEGINS, _CONTROLS = np.zeros(256, bool), np.zeros(256, bool)
_BEGINS[list(b"=+@-")] = True
_CONTROLS[[*range(32), 127]] = True

Value = TypeVar("Value")


class Cache(dict[str, Value], Generic[Value]):
    """A dictionary that computes what it lacks, and forgets all when it has 131,072 entries."""

    def __init__(self, compute: Callable[[str], Value]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: str) -> Value:
        if len(self) >= _MOST:
            self.clear()
        value = self[key] = self._compute(key)
        return value


def position_of(cell: str) -> int:
    """Return a position, from 1; 0 for a cell that is none. 130.0 is 130, as pandas writes it."""
    found = _POSITION.fullmatch(cell.strip())
    return int(found[1]) if found else 0


def residue_of(cell: str) -> int:
    """Return the ASCII code of a residue's letter; 0 for a cell that is no residue.

    Three letters are read as one, lower case as upper. `*`, `-` and `?` stand for themselves.
    """
    text = cell.strip().upper() if cell.isascii() else ""
    letter = LETTER_OF.get(text, "*" if text in ("TER", "STOP") else text)
    return ord(letter) if re.fullmatch(r"[A-Z*?-]", letter) else 0


_positions, _residues = Cache(position_of), Cache(residue_of)

Number = TypeVar("Number", bound=np.generic)


def mapped(values: dict[str, Any], cells: Sequence[str], kind: type[Number]) -> NDArray[Number]:
    """Return the value of each cell in a dictionary, usually a Cache: (n,)."""
    if isinstance(cells, ByteColumn) and (found := cells.distinct()):
        texts, which = found
        return np.fromiter(map(values.__getitem__, texts), kind, len(texts))[which]
    return np.fromiter(map(values.__getitem__, cells), kind, len(cells))


def positions(cells: Sequence[str]) -> NDArray[np.int32]:
    """Return the position in each cell: (n,) int32, 0 where there is none."""
    if not isinstance(cells, ByteColumn):
        return mapped(_positions, cells, np.int32)
    found = cells.digits()
    return _fill(found, found == 0, _positions, cells)


def residues(cells: Sequence[str]) -> NDArray[np.uint8]:
    """Return the letter of the residue in each cell: (n,) uint8, 0 where there is none."""
    if not isinstance(cells, ByteColumn):
        return mapped(_residues, cells, np.uint8)
    found = cells.letters(1)
    if (long := cells.lengths != 1).any():
        found = np.where(cells.lengths == 3, cells.letters(3), found * ~long)
    return _fill(found, found == 0, _residues, cells)


def _fill(
    found: NDArray[Number], which: NDArray[np.bool_], values: dict[str, Any], cells: ByteColumn
) -> NDArray[Number]:
    """Read some cells with more care."""
    if which.any():
        found[which] = mapped(values, cells.take(which), found.dtype.type)
    return found


def are_unsafe(cells: Sequence[str]) -> NDArray[np.bool_]:
    """Return which cells a spreadsheet would compute, or a terminal obey: (n,) bool."""
    if isinstance(cells, ByteColumn):
        begins = _BEGINS[cells.bytes[cells.starts]] & (cells.lengths > 0)
        return np.asarray(begins | cells.has_any(_CONTROLS), bool)
    return np.fromiter(map(bool, map(_UNSAFE.search, cells)), bool, len(cells))


def take(cells: Sequence[str], numbers: NDArray[np.int64]) -> Sequence[str]:
    """Return some cells of a column, which are the whole column if they are as many."""
    if len(numbers) == len(cells):
        return cells
    if isinstance(cells, ByteColumn):
        return cells.take(numbers)
    return [cells[at] for at in numbers.tolist()]


def is_amino_acid(letters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which letters are of the twenty amino acids: (n,) bool."""
    return np.asarray(_TWENTY[letters], bool)


class Changes(NamedTuple):
    """Changes in a column: arrays (n,), 0 where a cell is no substitution, and the errors there."""

    ref: NDArray[np.uint8]
    position: NDArray[np.int32]
    alt: NDArray[np.uint8]
    errors: dict[int, SubstitutionError]


class _Form:
    """A notation with a head and a tail of constant length: `p.Arg`, digits, `Gln`."""

    def __init__(self, before: str, code: int, after: str) -> None:
        self.before, self.code, self.after = before, code, after
        self.head, self.tail = len(before) + code, code + len(after)
        self._heads: Cache[int] = Cache(self._head)
        self._tails: Cache[int] = Cache(self._tail)

    def _head(self, text: str) -> int:
        return self._letter(text[len(self.before) :]) if text.startswith(self.before) else 0

    def _tail(self, text: str) -> int:
        end = len(text) - len(self.after)
        return self._letter(text[:end]) if text.endswith(self.after) else 0

    def _letter(self, code: str) -> int:
        letter = residue_of(code) if len(code) == self.code else 0
        return letter if _TWENTY[letter] else 0

    def read(
        self, cells: Sequence[str]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint8]]:
        """Return letters and positions, all 0 for a cell in another notation."""
        head, tail, number = self.head, -self.tail, len(cells)
        if isinstance(cells, ByteColumn):
            ref = cells.letters(self.code, len(self.before))
            position = cells.digits(self.head, self.tail)
            alt = cells.letters(self.code, len(self.after), end=True)
            good = cells.starts_with(self.before.encode()) & cells.ends_with(self.after.encode())
            good &= _TWENTY[ref] & _TWENTY[alt] & (position > 0)
        else:
            heads, tails, middles = self._heads, self._tails, _digits
            ref = np.fromiter((heads[cell[:head]] for cell in cells), np.uint8, number)
            position = np.fromiter((middles[cell[head:tail]] for cell in cells), np.int32, number)
            alt = np.fromiter((tails[cell[tail:]] for cell in cells), np.uint8, number)
            good = (ref > 0) & (position > 0) & (alt > 0)
        return ref * good, position * good, alt * good


def _plain_position(text: str) -> int:
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else 0


_digits = Cache(_plain_position)
_forms = [
    _Form("", 1, ""),
    _Form("p.", 3, ""),
    _Form("p.(", 3, ")"),
    _Form("p.", 1, ""),
    _Form("", 3, ""),
]


def _read_slowly(cell: str) -> Substitution | SubstitutionError:
    try:
        return parse_substitution(cell)
    except SubstitutionError as error:
        return error


_slowly = Cache(_read_slowly)


def changes(cells: Sequence[str]) -> Changes:
    """Read the change in each cell, in any notation of `parse_substitution`."""
    number = len(cells)
    ref, alt = np.zeros(number, np.uint8), np.zeros(number, np.uint8)
    position = np.zeros(number, np.int32)
    left = np.arange(number)
    for form in _forms:
        if len(left) < 16:
            break
        # A column has one notation as a rule, so its first cells show whether this is the one.
        if form.read(take(cells, left[:16]))[1].any():
            some = take(cells, left)
            ref[left], position[left], alt[left] = form.read(some)
            left = left[position[left] == 0]
    errors = {}
    for at in left.tolist():
        found = _slowly[cells[at]]
        if isinstance(found, SubstitutionError):
            errors[at] = found
        else:
            position[at], ref[at], alt[at] = found.position, ord(found.ref), ord(found.alt)
    return Changes(ref, position, alt, errors)
