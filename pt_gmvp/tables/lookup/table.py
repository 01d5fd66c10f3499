"""Rows of a finalized table, by its tabix index if it has one, else by scanning with DuckDB."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from converters.errors import InputError
from pt_gmvp.tables.database import connect, quote_text
from pt_gmvp.tables.finalize.columns import FINAL, GENES, RANKED
from pt_gmvp.tables.finalize.ordering import chromosome_order
from pt_gmvp.tables.finalize.staging import LAST_PLACE
from pt_gmvp.tables.finalize.writing import GENES_SUFFIX, INDEX_SUFFIX
from pt_gmvp.tables.lookup.gene_index import GeneIndex, Span, read_spans, span_of
from pt_gmvp.tables.lookup.selecting import Selector
from pt_gmvp.tables.lookup.wanted import Key, Wanted
from pt_gmvp.tables.source import Source, open_source
from pt_gmvp.tables.tabix import DamagedError, TabixTable, ends_whole

Row = dict[str, str]
"""The values of FINAL's columns, as text."""


class Reader(Protocol):
    """A way to read rows of a table."""

    def indexed_chromosomes(self) -> list[str]:
        """Return the names of the chromosomes if an index has them, else none."""

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        """Yield the rows of a range of positions (from 1, both ends included), optionally only
        those of one transcript, or of one position of its protein."""

    def gather(self, wanted: Wanted) -> Iterator[Row]:
        """Yield the rows of many changes and places, in the table's order, in one pass."""

    def spans(self) -> list[Span]:
        """Return the spans of all genes, from a scan of all rows."""


class Table:
    """A finalized table.

    Attributes:
        path: the file.
        notes: what makes lookups slow or doubtful.
        unknown: genes that were asked for and are not there, each with a suggestion.
    """

    def __init__(self, path: Path, reader: Reader, notes: list[str]) -> None:
        self.path = path
        self.notes = notes
        self.unknown: dict[str, str] = {}
        self._reader = reader
        self._gathered: dict[Key, list[Row]] = {}
        self._beside = Path(f"{path}{GENES_SUFFIX}")

    def gather(self, wanted: Wanted) -> None:
        """Read the rows of many queries in one pass; `rows` then has them in memory.

        Raises:
            InputError: a row that finalize never writes.
        """
        keys = list(wanted.keys())
        if len(keys) < 2:
            return
        self._gathered |= {key: [] for key in keys}
        for row in self._checked(self._reader.gather(wanted)):
            change = row["chrom"], row["transcript_id"], row["protein_position"]
            for key in (change, (row["chrom"], "", row["pos"])):
                if key in self._gathered:
                    self._gathered[key].append(row)

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        """Yield rows as `Reader.rows` does; raise InputError for one that finalize never writes."""
        key = chrom, transcript, str(position if transcript else first)
        one = position if transcript else first == last and not position
        if one and key in self._gathered:
            yield from self._gathered[key]
            return
        yield from self._checked(self._reader.rows(chrom, first, last, transcript, position))

    def _checked(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            if wrong := _fault(row):
                raise InputError(
                    f"{self.path}: {wrong} in the row of {row['chrom']}:{row['pos']};"
                    " run gmvp finalize again, or copy the table again"
                )
            yield row

    @cached_property
    def genes(self) -> GeneIndex:
        """Return the spans by name."""
        return GeneIndex(self.spans)

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


def _fault(row: Row) -> str:
    """Return what is wrong with the values of a row, "" if nothing is."""
    for name in ("pos", "protein_position", *RANKED):
        try:
            value = float(row[name]) if name in RANKED else int(row[name])
        except ValueError:
            value = -1
        if not 0 <= value <= (1 if name in RANKED else LAST_PLACE):
            return f"{name} is {row[name][:20]!r}"
    if "".join(row.values()).isprintable():
        return ""
    odd = next(name for name, text in row.items() if not text.isprintable())
    return f"{odd} is {row[odd][:60]!r}"


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

    def gather(self, wanted: Wanted) -> Iterator[Row]:
        columns = ", ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in FINAL)
        position, place = "CAST(protein_position AS VARCHAR)", "CAST(pos AS VARCHAR)"
        query = f"""
            SELECT {columns} FROM {self._source.relation}
            WHERE (chrom, transcript_id, {position}) IN (SELECT (a, b, c) FROM wanted)
                OR (chrom, '', {place}) IN (SELECT (a, b, c) FROM wanted)"""
        keys = zip(*wanted.keys(), strict=True)
        named = {name: np.array(each, object) for name, each in zip("abc", keys, strict=True)}
        with connect(self._source.path) as connection:
            connection.register("wanted", named)
            for row in connection.execute(query).fetchall():
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
        super().__init__(source)
        if not ends_whole(source.path):  # the last rows may be missing
            raise InputError(f"{source.path}: truncated; copy it again, or run gmvp finalize again")
        self._table = TabixTable(source.path, index)

    def indexed_chromosomes(self) -> list[str]:
        return self._table.chromosomes

    def rows(
        self, chrom: str, first: int, last: int, transcript: str = "", position: int = 0
    ) -> Iterator[Row]:
        columns = self._source.columns
        # Most lines of a long gene are for other positions and need not be split.
        exact = {"transcript_id": transcript, "protein_position": str(position or "")}
        exact = {name: value for name, value in exact.items() if value}
        wanted = [f"\t{value}\t" for value in exact.values()]
        for line in self._lines(chrom, first, last):
            if line.count("\t") != len(columns) - 1:
                raise self._damaged(chrom, first, f"a row has {line.count(chr(9)) + 1} columns")
            if all(part in line for part in wanted):
                row = dict(zip(columns, line.split("\t"), strict=True))
                if all(row[name] == value for name, value in exact.items()):
                    yield row

    def gather(self, wanted: Wanted) -> Iterator[Row]:
        columns = self._source.columns
        selector = Selector(wanted.keys(), columns)
        for chrom, first, last in wanted.ranges():
            try:
                for data in self._table.pieces(chrom, first, last):
                    for cells in selector.rows(data, chrom, first, last):
                        yield dict(zip(columns, cells, strict=True))
            except (DamagedError, UnicodeDecodeError) as error:
                raise self._damaged(chrom, first, str(error)) from None

    def _lines(self, chrom: str, first: int, last: int) -> Iterator[str]:
        try:
            yield from self._table.lines(chrom, first, last)
        except (DamagedError, UnicodeDecodeError) as error:
            raise self._damaged(chrom, first, str(error)) from None

    def _damaged(self, chrom: str, first: int, why: str) -> InputError:
        return InputError(
            f"{self._source.path}: is damaged near {chrom}:{first}, or its index belongs to"
            f" another table ({why}); run gmvp finalize again, or copy both again"
        )
