"""Tables whose cells are lists that belong together, separated by `;`: dbNSFP's."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from converters.variants.byte_columns import ByteColumn
from converters.variants.changes import MALFORMED, NO_CHANGE, STOP, quoted
from converters.variants.columns import Cache, changes, mapped, positions, residues, take
from converters.variants.kinds.layout import (
    Column,
    Fault,
    Layout,
    Parsed,
    in_order,
    shown,
    usable,
    why_unusable,
)

MISSING = (".", "", "-1", "NA")
"""Cells, and parts of lists, without a value."""

NO_TRANSCRIPT = "no transcript"
_is_named = Cache(lambda name: name not in MISSING)
_STOPS = (ord("X"), ord("*"))


class ListColumns(Layout):
    """dbNSFP: one row is one nucleotide change in all of its transcripts.

    Args:
        header: the names of the columns.
        ids: number of the column of transcripts.
    """

    def __init__(self, header: Sequence[str], ids: int) -> None:
        self.kind = "dbNSFP"
        self.needed = [ids, *(header.index(name) for name in ("aapos", "aaref", "aaalt"))]

    def parse(self, columns: Sequence[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        if isinstance(columns[0], ByteColumn) and isinstance(columns[1], ByteColumn):
            rows, ids = columns[0].split(b";")
            of_place, places = columns[1].split(b";")
            if np.array_equal(rows, of_place):
                return self._parsed(columns, rows, ids, places, [])
        return self._one_by_one(columns)

    def _one_by_one(self, columns: Sequence[Column]) -> Parsed:
        faults: list[Fault] = []
        rows: list[int] = []
        ids: list[str] = []
        places: list[str] = []
        for row, (named, at) in enumerate(zip(columns[0], columns[1], strict=True)):
            of_row, of_place = named.split(";"), at.split(";")
            if len(of_row) != len(of_place):
                detail = (
                    f"aapos has {len(of_place)} parts and the transcripts {len(of_row)}; expected"
                    " as many"
                )
                text = shown(*(column[row] for column in columns))
                faults.append(Fault(row, text, MALFORMED, detail, failed=True))
                continue
            rows += [row] * len(of_row)
            ids += of_row
            places += of_place
        return self._parsed(columns, np.array(rows, np.int64), ids, places, faults)

    @staticmethod
    def _parsed(
        columns: Sequence[Column],
        rows: NDArray[np.int64],
        ids: Column,
        places: Column,
        faults: list[Fault],
    ) -> Parsed:
        ref, alt = residues(columns[2])[rows], residues(columns[3])[rows]
        position = positions(places)
        named = mapped(_is_named, ids, np.bool_)
        # dbNSFP writes a stop as X.
        stop = np.isin(ref, _STOPS) | np.isin(alt, _STOPS)
        good = usable(position, ref, alt) & named & ~stop
        for at in np.flatnonzero(~good).tolist():
            row = int(rows[at])
            before, after = columns[2][row], columns[3][row]
            text = shown(ids[at], places[at], before, after)
            cells = f"aapos is {quoted(places[at])}, aaref {quoted(before)}, aaalt {quoted(after)}"
            if stop[at]:
                reason = (STOP, f"{cells}: X is a stop", False)
            elif places[at] in MISSING or before in MISSING or after in MISSING:
                reason = (NO_CHANGE, cells, False)
            elif not named[at]:
                reason = (NO_TRANSCRIPT, f"its transcript is {quoted(ids[at])}", True)
            else:
                reason = (*why_unusable(places[at], before, after, int(alt[at])), True)
            faults.append(Fault(row, text, *reason))
        keep = np.flatnonzero(good)
        return Parsed(
            rows[keep], [take(ids, keep)], position[keep], ref[keep], alt[keep], in_order(faults)
        )


class HgvsLists(Layout):
    """dbNSFP cut down to transcripts and HGVSp, both lists.

    Args:
        ids: number of the column of transcripts.
        change: number of the column of changes.
    """

    def __init__(self, ids: int, change: int) -> None:
        self.kind = "dbNSFP"
        self.needed = [ids, change]

    def parse(self, columns: Sequence[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        faults: list[Fault] = []
        rows: list[int] = []
        ids: list[str] = []
        texts: list[str] = []
        for row, (named, change) in enumerate(zip(*columns, strict=True)):
            of_row, of_change = named.split(";"), change.split(";")
            if len(of_row) != len(of_change):
                detail = (
                    f"the changes have {len(of_change)} parts and the transcripts {len(of_row)};"
                    " expected as many"
                )
                faults.append(Fault(row, shown(named, change), MALFORMED, detail, failed=True))
                continue
            rows += [row] * len(of_row)
            ids += of_row
            texts += [text.rpartition(":")[2] for text in of_change]
        found = changes(texts)
        for at, error in found.errors.items():
            failed = error.kind not in (STOP, NO_CHANGE)
            text = shown(ids[at], texts[at])
            faults.append(Fault(rows[at], text, error.kind, str(error), failed))
        keep = np.flatnonzero(found.position > 0)
        return Parsed(
            np.array(rows, np.int64)[keep],
            [take(ids, keep)],
            found.position[keep],
            found.ref[keep],
            found.alt[keep],
            in_order(faults),
        )
