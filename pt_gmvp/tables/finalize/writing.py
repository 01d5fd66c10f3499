"""Writing of the finalized table: tab-separated, bgzipped with a tabix index, or parquet.

Bgzip is written by htslib here, as tabix needs htslib anyway; `gmvp score` compresses blocks in its
own processes with Biopython, so that it does not need pysam.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from converters.errors import InputError
from pt_gmvp.tables.database import quote_text
from pt_gmvp.tables.finalize.columns import FINAL, GENES, RANKED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from converters.commands.progress import Advance

SUFFIXES = (".tsv", ".tsv.gz", ".parquet")
GENES_SUFFIX, INDEX_SUFFIX = ".genes.tsv", ".tbi"
_LINES = 20_000
_LEVEL = 4
"""Compression level: half the time of the usual 6, and 3 % more bytes."""

# Both tables are in the order of n and have every n, so they are read side by side.
_JOINED = "ordered POSITIONAL JOIN ranks WHERE ranks.gMVP IS NOT NULL"


def suffix_of(path: Path) -> str:
    """Return the suffix that sets the output format; raise InputError if it is not in SUFFIXES."""
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise InputError(f"{path}: expected a name that ends in {', '.join(SUFFIXES)}")


def write_table(
    connection: "DuckDBPyConnection", path: Path, suffix: str, advance: "Advance"
) -> None:
    """Write the table to `path` in the format of `suffix`, with a `.tbi` for `.tsv.gz`.

    The header of `.tsv.gz` begins with `#`: tabix does not index it, and `tabix -h` shows it.

    Raises:
        OSError: it cannot be written.
    """
    if suffix == ".parquet":
        connection.execute(
            f"COPY (SELECT {', '.join(map(_typed, FINAL))} FROM {_JOINED}) TO {quote_text(path)}"
            " (FORMAT parquet, COMPRESSION zstd)"
        )
        return
    lines = _lines(connection, f"SELECT {_line(map(_column, FINAL))} FROM {_JOINED}", advance)
    if suffix == ".tsv":
        with open(path, "wb") as file:
            _write(file, "\t".join(FINAL), lines)
        return
    import pysam

    pysam.set_verbosity(0)  # our message replaces htslib's
    with pysam.BGZFile(str(path), f"wb{_LEVEL}") as file:
        _write(file, "#" + "\t".join(FINAL), lines)
    # With an explicit name, because pysam would append .gz to what it considers text.
    pysam.tabix_index(
        str(path), seq_col=0, start_col=1, end_col=1, meta_char="#", force=True,
        index=str(path) + INDEX_SUFFIX,
    )  # fmt: skip


@contextmanager
def naming_output(path: Path) -> Iterator[None]:
    """Put the output's path into errors of writing it; htslib's have neither name nor number."""
    try:
        yield
    except OSError as error:
        free = os.statvfs(path.parent).f_bavail
        number = error.errno or (errno.EIO if free else errno.ENOSPC)
        raise OSError(number, os.strerror(number), str(path)) from None


def write_genes(connection: "DuckDBPyConnection", path: Path) -> None:
    """Write the gene index, the spans of all transcripts in GENES' columns."""
    spans = f"""
        SELECT gene_symbol, gene_id, transcript_id, chrom, min(pos) AS first, max(pos) AS last,
            max(protein_position) AS last_position, count(*) AS rows
        FROM (SELECT * FROM {_JOINED}) GROUP BY ALL ORDER BY ALL"""
    line = _line(("gene_symbol", "gene_id", "transcript_id", "chrom", "first", "last",
                  "last_position", "rows"))  # fmt: skip
    with open(path, "wb") as file:
        _write(file, "\t".join(GENES), _lines(connection, f"SELECT {line} FROM ({spans})"))


def _column(name: str) -> str:
    return f"{'ranks' if name in RANKED else 'ordered'}.{name}"


def _typed(name: str) -> str:
    """Return SQL for a column of a parquet table: numbers as such, all else as text."""
    if name in (*RANKED, "pos", "protein_position"):
        return f"{_column(name)} AS {name}"
    return f"CAST({_column(name)} AS VARCHAR) AS {name}"


def _line(columns: Iterable[str]) -> str:
    """Return SQL for a tab-separated line; the database writes all significant digits."""
    texts = (f"coalesce(CAST({column} AS VARCHAR), '')" for column in columns)
    return f"concat_ws('\t', {', '.join(texts)})"


def _lines(
    connection: "DuckDBPyConnection", query: str, advance: "Advance | None" = None
) -> Iterator[list[str]]:
    """Yield the single column of a query's rows in batches, as they are computed."""
    connection.execute(query)
    while rows := connection.fetchmany(_LINES):
        yield [line for (line,) in rows]
        if advance:
            advance(len(rows))


def _write(file: IO[bytes], header: str, parts: Iterable[list[str]]) -> None:
    file.write((header + "\n").encode())
    for lines in parts:
        file.write(("\n".join(lines) + "\n").encode())
