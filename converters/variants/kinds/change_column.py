"""Tables with one column of changes: p.Arg130Gln, R130Q, or ENST00000371953:p.Arg130Gln."""

from collections.abc import Sequence

import numpy as np

from converters.variants import changes as words
from converters.variants.byte_columns import ByteColumn
from converters.variants.changes import quoted
from converters.variants.columns import Cache, changes, mapped, take
from converters.variants.kinds.layout import (
    Column,
    Fault,
    Layout,
    Parsed,
    in_order,
    not_missense,
    shown,
)

ASK_NOTHING = frozenset((words.STOP, words.OTHER_CHANGE, words.NO_CHANGE))
"""Kinds of changes that a table of all variants has too; they are left out there, and fail in a
table of variants to score."""

SYNONYMOUS = "keeps the residue"
_MISSENSE = frozenset(("missense_variant", "missense", "missense mutation", "nonsynonymous snv"))


def is_missense(text: str) -> bool:
    """Return whether a consequence, in the words of any annotator, includes missense."""
    parts = text.strip().lower().replace("&", ",").replace(";", ",").replace("_mut", " mut")
    return any(part.strip() in _MISSENSE for part in parts.split(","))


class ChangeColumn(Layout):
    """One row, one change; a name before a colon, if any, is that of its protein.

    Args:
        kind: of the table.
        ids: numbers of the columns that name the protein, the best first.
        change: number of the column of changes.
        consequence: number of the column of consequences.
        all_variants: the table holds variants of every kind, of which gMVP scores some.
    """

    def __init__(
        self,
        kind: str,
        ids: Sequence[int],
        change: int,
        consequence: int | None = None,
        all_variants: bool = False,
    ) -> None:
        self.kind = kind
        self._ids, self._all = len(ids), all_variants
        self._has_consequence = consequence is not None
        self.needed = [*ids, change] + [consequence] * (consequence is not None)  # type: ignore[list-item]
        self._missense = Cache(is_missense)

    def parse(self, columns: Sequence[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        ids, cells = list(columns[: self._ids]), columns[self._ids]
        faults: list[Fault] = []
        texts, prefixes = cells, None
        if _has_names(cells) or not ids:
            prefixes, texts = self._split(cells)
        found = changes(texts)
        good = found.position > 0
        left_out, other = None, np.empty(0, np.int64)
        if self._has_consequence:
            named = columns[-1]
            missense = mapped(self._missense, named, np.bool_)
            other = np.flatnonzero(~missense)
            left_out = not_missense(named, other)
            good &= missense
        if self._all:
            same = good & (found.ref == found.alt)
            for row in np.flatnonzero(same).tolist():
                text, detail = shown(cells[row]), f"{quoted(cells[row])} {SYNONYMOUS}"
                faults.append(Fault(row, text, SYNONYMOUS, detail, failed=False))
            good &= ~same
        done = set(other.tolist())
        for row, error in found.errors.items():
            if row not in done:
                text = shown(*(column[row] for column in columns[: self._ids + 1]))
                failed = not (self._all and error.kind in ASK_NOTHING)
                faults.append(Fault(row, text, error.kind, str(error), failed))
        keep = np.flatnonzero(good)
        if prefixes is not None:
            ids = [prefixes, *ids] if any(prefixes) else ids
        return Parsed(
            keep,
            [take(column, keep) for column in ids],
            found.position[keep],
            found.ref[keep],
            found.alt[keep],
            in_order(faults),
            left_out=left_out,
        )

    @staticmethod
    def _split(cells: Column) -> tuple[Column, Column]:
        """Split cells into the names before a colon, empty without one, and the changes."""
        if isinstance(cells, ByteColumn):
            colons, _ = cells.places(b":")
            if not len(colons) and not _has_names(cells):
                return [""] * len(cells), cells
            if found := _split_at(cells):
                return found
        split = [words.split_name(cell) for cell in cells]
        return [name for name, _ in split], [change for _, change in split]


def _has_names(cells: Column) -> bool:
    """Return whether there may be names of proteins before changes."""
    if isinstance(cells, ByteColumn):
        return any(len(cells.places(byte)[0]) for byte in (b":", b"_", b" "))
    return any(":" in cell or "_" in cell or " " in cell for cell in cells)


def _split_at(cells: ByteColumn) -> tuple[Column, Column] | None:
    """Split cells at their colons, if each has one after a name that is too long for a change."""
    colons, of = cells.places(b":")
    if not np.array_equal(of, np.arange(len(cells))):
        return None
    names = ByteColumn(cells.data, cells.starts, colons)
    found = names.distinct() if int(names.lengths.min()) >= words.LONG_NAME else None
    if found is None or not all(map(words.PLAIN_NAME.fullmatch, found[0])):
        return None
    return names, ByteColumn(cells.data, colons + 1, cells.ends)
