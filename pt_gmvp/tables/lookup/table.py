"""Rows of a finalized table: by its tabix index where it has one, else by an engine that scans."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol

from converters.errors import InputError
from pt_gmvp.tables.finalize.columns import FINAL, GENES
from pt_gmvp.tables.finalize.ordering import chromosome_order
from pt_gmvp.tables.finalize.writing import GENES_SUFFIX, INDEX_SUFFIX
from pt_gmvp.tables.lookup.index import Span, read_spans, span
from pt_gmvp.tables.source import Source, fault, load_engine, open_source, quoted

Row = dict[str, str]
"""The values of FINAL's columns, as text."""

_LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""With which every bgzipped file ends."""


class Reader(Protocol):
    """Fetches rows."""

    def indexed_chromosomes(self) -> list[str]:
        """Names of the chromosomes, if an index has them; else none."""

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        """Rows of a range of positions (from 1, both ends included); if it is given, of one
        transcript only, and of one of its protein's positions."""

    def spans(self) -> list[Span]:
        """Where the genes lie, by a look at all rows."""


class Table:
    """A finalized table; `notes` says what would make looking things up quicker."""

    def __init__(self, path: Path, reader: Reader, notes: list[str]) -> None:
        self.path = path
        self.notes = notes
        self.rows = reader.rows
        self._reader = reader
        self._beside = Path(f"{path}{GENES_SUFFIX}")

    @cached_property
    def spans(self) -> list[Span]:
        """Where genes and transcripts lie."""
        name = self._beside.name
        if not self._beside.exists():
            self.notes.append(
                f"{name} is missing, so the whole table was read; gmvp finalize writes it"
            )
            return self._reader.spans()
        if self._beside.stat().st_mtime < self.path.stat().st_mtime:
            self.notes.append(
                f"{name} is older than the table; if it is another table's, what it says is wrong"
            )
        return read_spans(self._beside)

    @cached_property
    def chromosomes(self) -> list[str]:
        """Names of the chromosomes, in the table's order."""
        names = self._reader.indexed_chromosomes() or {span.chrom for span in self.spans}
        return sorted(names, key=chromosome_order)


def open_table(path: Path) -> Table:
    """Open a table that `gmvp finalize` wrote.

    Raises:
        InputError: it is no such table.
        OSError: it cannot be read.
    """
    source = open_source(path, FINAL, "finalized table")
    index = Path(f"{path}{INDEX_SUFFIX}")
    if source.kind == "gzip" and index.exists():
        return Table(path, _Tabixed(source, index), [])
    notes = []
    if source.kind != "parquet":
        notes = [f"{path.name} has no tabix index and is read whole; a .tsv.gz is quicker"]
    return Table(path, _Scanned(source), notes)


class _Scanned:
    """Rows by DuckDB: of parquet only the parts that can hold them are read, of text all."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def indexed_chromosomes(self) -> list[str]:
        return []

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        wanted = [f"chrom = {quoted(chrom)}", f"CAST(pos AS INTEGER) BETWEEN {first} AND {last}"]
        if transcript:
            wanted.append(f"transcript_id = {quoted(transcript)}")
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
        return [span(row) for row in self._run(query)]

    def _run(self, query: str) -> list[tuple[str, ...]]:
        load_engine()
        import duckdb

        with duckdb.connect() as connection:
            try:
                found: list[tuple[str, ...]] = connection.execute(query).fetchall()
            except RuntimeError:
                raise KeyboardInterrupt from None
            except duckdb.Error as error:
                raise InputError(f"{self._source.path}: {fault(error)}") from None
        return found


class _Tabixed(_Scanned):
    """Rows by the tabix index."""

    def __init__(self, source: Source, index: Path) -> None:
        import pysam

        super().__init__(source)
        _refuse_broken_off(source.path)
        pysam.set_verbosity(0)  # htslib's errors are told once, by ours
        try:
            self._file = pysam.TabixFile(str(source.path), index=str(index))
        except (OSError, ValueError):
            raise InputError(
                f"{index}: is no index of {source.path.name}; make it again with:"
                f" tabix -f -s1 -b2 -e2 {source.path}"
            ) from None

    def indexed_chromosomes(self) -> list[str]:
        return list(self._file.contigs)

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        columns = self._source.columns
        # Most lines of a long gene are of other positions: they are not even split.
        exact = {"transcript_id": transcript, "protein_position": str(position or "")}
        exact = {name: value for name, value in exact.items() if value}
        wanted = [f"\t{value}\t" for value in exact.values()]
        for line in self._lines(chrom, first, last):
            if all(part in line for part in wanted):
                row = dict(zip(columns, line.split("\t"), strict=False))
                if all(row[name] == value for name, value in exact.items()):
                    yield row

    def _lines(self, chrom: str, first: int, last: int) -> Iterator[str]:
        if chrom not in self._file.contigs:  # a range without rows is none to tabix
            return
        try:
            yield from self._file.fetch(chrom, first - 1, last)
        except (OSError, ValueError):
            raise InputError(
                f"{self._source.path}: is damaged near {chrom}:{first}, or its index is another"
                " table's; run gmvp finalize again, or copy both anew"
            ) from None


def _refuse_broken_off(path: Path) -> None:
    """Refuse a bgzipped file without its last, empty block: rows would be missing in silence."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - len(_LAST_BLOCK)))
        if file.read() != _LAST_BLOCK:
            raise InputError(f"{path}: breaks off; copy it anew, or run gmvp finalize again")
