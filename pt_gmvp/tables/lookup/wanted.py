"""Rows of a finalized table that many queries are about, and where they are."""

from collections import defaultdict
from collections.abc import Iterator

from pt_gmvp.tables.lookup.gene_index import Span

Key = tuple[str, str, str]
"""A chromosome, then a transcript and a position of its protein, or "" and a nucleotide's position;
numbers as text."""

_GAP = 1 << 14
"""Nucleotides between two ranges that are read as one: a tabix index has an entry for so many."""


class Wanted:
    """Positions of proteins and chromosomes, each once."""

    def __init__(self) -> None:
        self._keys: dict[Key, None] = {}
        self._ranges = defaultdict[str, set[tuple[int, int]]](set)

    def add_change(self, span: Span, position: int) -> None:
        """Add a position of a transcript's protein."""
        self._keys[span.chrom, span.transcript_id, str(position)] = None
        self._ranges[span.chrom].add((span.start, span.end))

    def add_place(self, chrom: str, position: int) -> None:
        """Add a position of a chromosome, from 1."""
        self._keys[chrom, "", str(position)] = None
        self._ranges[chrom].add((position, position))

    def keys(self) -> Iterator[Key]:
        """Return what is asked for."""
        return iter(self._keys)

    def ranges(self) -> Iterator[tuple[str, int, int]]:
        """Yield ranges that hold all of it, both ends included: ascending, and none twice."""
        for chrom, ranges in self._ranges.items():
            first, last = min(ranges)
            for start, end in sorted(ranges):
                if start > last + _GAP:
                    yield chrom, first, last
                    first = start
                    last = end
                last = max(last, end)
            yield chrom, first, last
