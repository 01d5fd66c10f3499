"""Rows of a finalized table, by its tabix index if it has one, else by scanning with DuckDB."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol

from converters.errors import InputError
from pt_gmvp.tables.database import connect, quote_text
from pt_gmvp.tables.finalize.columns import FINAL, GENES
from pt_gmvp.tables.finalize.ordering import chromosome_order
from pt_gmvp.tables.finalize.writing import GENES_SUFFIX, INDEX_SUFFIX
from pt_gmvp.tables.lookup.gene_index import Span, read_spans, span_of
from pt_gmvp.tables.source import Source, open_source

Row = dict[str, str]
"""The values of FINAL's columns, as text."""

_LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every bgzipped file."""


class Reader(Protocol):
    """A way to read rows of a table."""

    def indexed_chromosomes(self) -> list[str]:
        """Return the names of the chromosomes if an index has them, else none."""

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        """Yield the rows of a range of positions (from 1, both ends included), optionally only
        those of one transcript, or of one position of its protein."""

    def spans(self) -> list[Span]:
        """Return the spans of all genes, from a scan of all rows."""


class Table:
    """A finalized table; `notes` says what makes lookups slow or doubtful."""

    def __init__(self, path: Path, reader: Reader, notes: list[str]) -> None:
        self.path = path
        self.notes = notes
        self.rows = reader.rows
        self._reader = reader
        self._beside = Path(f"{path}{GENES_SUFFIX}")

    @cached_property
    def spans(self) -> list[Span]:
        """Return the spans of genes and transcripts."""
        name = self._beside.name
        if not self._beside.exists():
            self.notes.append(
                f"{name} is missing, so the whole table was read; gmvp finalize writes that file"
            )
            return self._reader.spans()
        if self._beside.stat().st_mtime < self.path.stat().st_mtime:
            self.notes.append(f"{name} is older than the table and may belong to another one")
        return read_spans(self._beside)

    @cached_property
    def chromosomes(self) -> list[str]:
        """Return the names of the chromosomes, in the table's order."""
        names = self._reader.indexed_chromosomes() or {span.chrom for span in self.spans}
        return sorted(names, key=chromosome_order)


def open_table(path: Path) -> Table:
    """Open a table that `gmvp finalize` wrote.

    Raises:
        InputError: it is not such a table.
        OSError: it cannot be read.
    """
    source = open_source(path, FINAL, "finalized table")
    index = Path(f"{path}{INDEX_SUFFIX}")
    if source.kind == "gzip" and index.exists():
        return Table(path, _Tabixed(source, index), [])
    notes = []
    if source.kind != "parquet":
        notes = [f"{path.name} has no tabix index and is read whole; .tsv.gz would be faster"]
    return Table(path, _Scanned(source), notes)


class _Scanned:
    """Reader by DuckDB; it reads only relevant parts of parquet, but all of a text file."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def indexed_chromosomes(self) -> list[str]:
        return []

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        wanted = [
            f"chrom = {quote_text(chrom)}",
            f"CAST(pos AS INTEGER) BETWEEN {first} AND {last}",
        ]
        if transcript:
            wanted.append(f"transcript_id = {quote_text(transcript)}")
        if position:
            wanted.append(f"CAST(protein_position AS INTEGER) = {position}")
        columns = ", ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in FINAL)
        query = f"SELECT {columns} FROM {self._source.relation} WHERE {' AND '.join(wanted)}"
        for row in self._run(query):
            yield dict(zip(FINAL, row, strict=True))

    def spans(self) -> list[Span]:
        names = ", ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in GENES[:4])
        query = f"""
            SELECT {names}, min(CAST(pos AS INTEGER)), max(CAST(pos AS INTEGER)),
                max(CAST(protein_position AS INTEGER)), count(*)
            FROM {self._source.relation} GROUP BY ALL"""
        return [span_of(row) for row in self._run(query)]

    def _run(self, query: str) -> list[tuple[str, ...]]:
        with connect(self._source.path) as connection:
            rows: list[tuple[str, ...]] = connection.execute(query).fetchall()
        return rows


class _Tabixed(_Scanned):
    """Reader by the tabix index."""

    def __init__(self, source: Source, index: Path) -> None:
        import pysam

        super().__init__(source)
        _refuse_truncated(source.path)
        pysam.set_verbosity(0)  # our message replaces htslib's
        try:
            self._file = pysam.TabixFile(str(source.path), index=str(index))
        except (OSError, ValueError):
            raise InputError(
                f"{index}: is not an index of {source.path.name}; make it again with:"
                f" tabix -f -s1 -b2 -e2 {source.path}"
            ) from None

    def indexed_chromosomes(self) -> list[str]:
        return list(self._file.contigs)

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        columns = self._source.columns
        # Most lines of a long gene are for other positions and need not be split.
        exact = {"transcript_id": transcript, "protein_position": str(position or "")}
        exact = {name: value for name, value in exact.items() if value}
        wanted = [f"\t{value}\t" for value in exact.values()]
        for line in self._lines(chrom, first, last):
            if all(part in line for part in wanted):
                row = dict(zip(columns, line.split("\t"), strict=False))
                if all(row[name] == value for name, value in exact.items()):
                    yield row

    def _lines(self, chrom: str, first: int, last: int) -> Iterator[str]:
        if chrom not in self._file.contigs:  # tabix raises an error for an unknown chromosome
            return
        try:
            yield from self._file.fetch(chrom, first - 1, last)
        except (OSError, ValueError):
            raise InputError(
                f"{self._source.path}: is damaged near {chrom}:{first}, or its index belongs to"
                " another table; run gmvp finalize again, or copy both again"
            ) from None


def _refuse_truncated(path: Path) -> None:
    """Refuse a bgzipped file without its final empty block, whose last rows may be missing."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - len(_LAST_BLOCK)))
        if file.read() != _LAST_BLOCK:
            raise InputError(f"{path}: truncated; copy it again, or run gmvp finalize again")
