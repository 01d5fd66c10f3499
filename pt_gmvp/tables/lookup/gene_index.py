"""The gene index, a small file beside a finalized table with the span of each transcript."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from converters.identifiers import without_version
from pt_gmvp.tables.finalize.columns import GENES


class Span(NamedTuple):
    """The range of a transcript's rows on a chromosome; see GENES."""

    gene_symbol: str
    gene_id: str
    transcript_id: str
    chrom: str
    start: int
    end: int
    last_position: int
    rows: int


def read_spans(path: Path) -> list[Span]:
    """Read a gene index.

    Raises:
        InputError: the file is not a gene index, or is damaged.
        OSError: it cannot be read.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if lines[:1] != ["\t".join(GENES)]:
        raise InputError(f"{path}: not a gene index; run gmvp finalize again to write it")
    try:
        return [span_of(line.split("\t")) for line in lines[1:]]
    except (TypeError, ValueError):
        raise InputError(f"{path}: damaged; run gmvp finalize again to write it") from None


def span_of(values: Iterable[str | int]) -> Span:
    """Return a span from the values of GENES' columns."""
    *names, start, end, last, rows = values
    return Span(*map(str, names), *map(int, (start, end, last, rows)))  # type: ignore[arg-type]


class GeneIndex:
    """Spans by name, in any case and with or without version."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._exact = defaultdict[str, list[Span]](list)
        self._bare = defaultdict[str, list[Span]](list)
        self.names: set[str] = set()
        for span in spans:
            names = {name for name in span[:3] if name}
            self.names |= names
            for name in {name.upper() for name in names}:
                self._exact[name].append(span)
            for name in {without_version(name.upper()) for name in span[1:3]}:
                self._bare[name].append(span)

    def find(self, name: str) -> list[Span]:
        """Return the spans of a gene symbol, gene id or transcript, ignoring case and version.

        If the table has exactly this version, others are left out.
        """
        wanted = name.upper()
        return self._exact.get(wanted) or self._bare.get(without_version(wanted), [])


def find(spans: list[Span], name: str) -> list[Span]:
    """Return the spans of one name; see `GeneIndex.find`."""
    return GeneIndex(spans).find(name)
