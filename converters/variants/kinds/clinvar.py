"""ClinVar's variant_summary: names such as NM_000314.8(PTEN):c.389G>A (p.Arg130Gln)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from converters.variants.byte_columns import ByteColumn
from converters.variants.changes import NO_CHANGE, quoted
from converters.variants.columns import changes, take
from converters.variants.kinds.change_column import ASK_NOTHING, SYNONYMOUS
from converters.variants.kinds.layout import Column, Fault, Layout, Parsed, in_order, shown


def split_name(name: str) -> tuple[str, str, str]:
    """Return transcript, gene and change of a protein in a name; the change is empty if none."""
    head, _, rest = name.partition(":")
    transcript, _, gene = head.partition("(")
    start = rest.rfind("(p.")
    return (
        transcript,
        gene.removesuffix(")"),
        rest[start + 1 :].removesuffix(")") if start >= 0 else "",
    )


class ClinVarNames(Layout):
    """variant_summary: one row is one variant and assembly; its names are of RefSeq transcripts."""

    def __init__(self, name: int) -> None:
        self.kind = "ClinVar summary"
        self.needed = [name]

    def parse(self, columns: Sequence[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        (names,) = columns
        transcripts, genes, texts = _split(names)
        some = np.flatnonzero(_lengths(texts) > 0)
        found = changes(take(texts, some))
        faults = [
            Fault(row, shown(names[row]), NO_CHANGE, "its name has no change of a protein", False)
            for row in np.setdiff1d(np.arange(len(names)), some).tolist()
        ]
        for at, error in found.errors.items():
            row, failed = int(some[at]), error.kind not in ASK_NOTHING
            faults.append(Fault(row, shown(names[row]), error.kind, str(error), failed))
        same = (found.position > 0) & (found.ref == found.alt)
        for row in some[same].tolist():
            detail = f"{quoted(texts[row])} {SYNONYMOUS}"
            faults.append(Fault(row, shown(names[row]), SYNONYMOUS, detail, failed=False))
        good = np.flatnonzero((found.position > 0) & ~same)
        keep = some[good]
        ids = [take(transcripts, keep), take(genes, keep)]
        return Parsed(
            keep, ids, found.position[good], found.ref[good], found.alt[good], in_order(faults)
        )


def _split(names: Column) -> tuple[Column, Column, Column]:
    """Return the transcripts, genes and changes of names."""
    if isinstance(names, ByteColumn) and (found := _by_bytes(names)):
        return found
    split = [split_name(name) for name in names]
    return tuple([parts[at] for parts in split] for at in range(3))  # type: ignore[return-value]


def _by_bytes(names: ByteColumn) -> tuple[Column, Column, Column] | None:
    """Split names that all are NM_1.2(GENE):c.change (p.change)."""
    number = len(names)
    colons, of_colon = names.places(b":")
    opened, of_opened = names.places(b"(")
    closed, of_closed = names.places(b")")
    every = np.arange(number)
    twice = np.repeat(every, 2)
    if not (
        np.array_equal(of_colon, every)
        and np.array_equal(of_opened, twice)
        and np.array_equal(of_closed, twice)
    ):
        return None
    first, second = opened[::2], opened[1::2]
    changes_ = ByteColumn(names.data, second + 1, names.ends - 1)
    regular = (closed[::2] + 1 == colons) & (closed[1::2] + 1 == names.ends) & (colons < second)
    if not (regular & (first < closed[::2]) & changes_.starts_with(b"p.")).all():
        return None
    transcripts = ByteColumn(names.data, names.starts, first)
    return transcripts, ByteColumn(names.data, first + 1, closed[::2]), changes_


def _lengths(cells: Column) -> NDArray[np.int64]:
    """Return the length of each cell."""
    if isinstance(cells, ByteColumn):
        return cells.lengths
    return np.fromiter(map(len, cells), np.int64, len(cells))
