"""Rows that many queries are about, chosen from a megabyte of lines without splitting each."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from converters.variants.byte_columns import PADDING, ByteColumn
from converters.variants.cells import regular_columns
from converters.variants.lines import Lines
from pt_gmvp.tables.lookup.wanted import Key
from pt_gmvp.tables.tabix import DamagedError

_COLUMNS = ("chrom", "pos", "transcript_id", "protein_position")
_TRANSCRIPT = 32  # bits above those of a position


class Selector:
    """The keys of many queries, to choose rows by.

    Args:
        keys: as `Wanted.keys` returns them.
        columns: of the table.
    """

    def __init__(self, keys: Iterable[Key], columns: Sequence[str]) -> None:
        self._width = len(columns)
        self._needed = [columns.index(name) for name in _COLUMNS]
        self._numbers: dict[str, int] = {}
        places: dict[str, list[int]] = {}
        changes: dict[str, list[int]] = {}
        for chrom, transcript, position in keys:
            if transcript:
                number = self._numbers.setdefault(transcript, len(self._numbers))
                changes.setdefault(chrom, []).append(number << _TRANSCRIPT | int(position))
            else:
                places.setdefault(chrom, []).append(int(position))
        self._places = {chrom: np.unique(each) for chrom, each in places.items()}
        self._changes = {chrom: np.unique(each) for chrom, each in changes.items()}

    def rows(self, data: bytes, chrom: str, first: int, last: int) -> Iterator[list[str]]:
        r"""Yield the cells of the wanted rows in a range of a chromosome's positions.

        Args:
            data: whole lines, each with its \n, in the table's order.
            chrom: the chromosome.
            first: its first position, from 1.
            last: its last position, included.

        Raises:
            DamagedError: a line has another number of columns, or no position.
        """
        lines = Lines(data + bytes(PADDING), np.arange(data.count(b"\n")))
        columns = regular_columns(lines, "\t", self._width, self._needed)
        if columns is None:
            self._refuse(lines, chrom)
            return
        names, pos, transcript, position = columns
        own = names.starts_with(chrom.encode()) & (names.lengths == len(chrom.encode()))
        at = pos.digits()
        if not at[own].all():
            text = pos[int(np.flatnonzero(own & (at == 0))[0])]
            raise DamagedError(f"position {text[:20]!r} is not a number")
        chosen = self._is_wanted(chrom, at, transcript, position)
        chosen &= own & (at >= first) & (at <= last)
        for number in np.flatnonzero(chosen).tolist():
            yield lines.text(number).split("\t")

    def _is_wanted(
        self, chrom: str, at: NDArray[np.int32], transcript: ByteColumn, position: ByteColumn
    ) -> NDArray[np.bool_]:
        found = np.zeros(len(at), bool)
        if chrom in self._places:
            found |= _is_in(at, self._places[chrom])
        if chrom in self._changes:
            keys = self._number(transcript) << _TRANSCRIPT | position.digits()
            found |= _is_in(keys, self._changes[chrom])
        return found

    def _number(self, transcripts: ByteColumn) -> NDArray[np.int64]:
        """Return each row's number of its transcript, -1 for one that is not wanted."""
        distinct = transcripts.distinct()
        texts, which = distinct or (list(transcripts), np.arange(len(transcripts)))
        return np.array([self._numbers.get(text, -1) for text in texts], np.int64)[which]

    def _refuse(self, lines: Lines, chrom: str) -> None:
        """Raise DamagedError for the first line of the chromosome that is not a row."""
        for text in lines.texts:
            count = text.count("\t") + 1
            if text.startswith(f"{chrom}\t") and count != self._width:
                raise DamagedError(f"a row has {count} columns")
        if lines:
            raise DamagedError(f"a row has {lines.text(0).count(chr(9)) + 1} columns")


def _is_in(values: NDArray[np.integer], ascending: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return which values are in a sorted array that is not empty; numpy's isin sorts both."""
    at = np.searchsorted(ascending, values)
    found: NDArray[np.bool_] = ascending[np.minimum(at, len(ascending) - 1)] == values
    return found
