"""Input tables: tab-separated, compressed or not, or parquet; recognised by their first bytes."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from converters.errors import InputError
from converters.text import LONGEST, compression_of, pieces
from converters.variants.lines import read_blocks
from pt_gmvp.tables.database import connect, quote_text

_PARQUET = b"PAR1"
_LONGEST_HEADER = 1 << 16
_PIECE = 1 << 12  # so that what is damaged further on does not matter to the header


@dataclass(frozen=True)
class Source:
    """A table on disk: its file, its kind ("tsv", "gzip", "zstd" or "parquet"), its columns."""

    path: Path
    kind: str
    columns: tuple[str, ...]

    @property
    def relation(self) -> str:
        """Return SQL that reads all columns, those of text files as VARCHAR, NULL if empty."""
        if self.kind == "parquet":
            return f"read_parquet({quote_text(self.path)})"
        columns = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in self.columns)
        return (
            f"read_csv({quote_text(self.path)}, auto_detect = false, header = true, delim = '\t',"
            f" quote = '', escape = '', nullstr = '', columns = {{{columns}}},"
            f" compression = {quote_text('none' if self.kind == 'tsv' else self.kind)})"
        )

    def require(self, wanted: tuple[str, ...], what: str) -> None:
        """Raise InputError if a column is missing; further columns are ignored.

        Args:
            wanted: the columns needed.
            what: what the table should be, for the message: "table of scores".
        """
        tabs = ", separated by tabs" if len(self.columns) == 1 else ""
        for name in wanted:
            if name not in self.columns:
                raise InputError(
                    f"{self.path}: no column {name}; expected a {what} with {', '.join(wanted)}"
                    f"{tabs}; it has {', '.join(self.columns)}"
                )


def open_source(path: Path, wanted: tuple[str, ...] = (), what: str = "table") -> Source:
    """Read a table's header; `wanted` and `what` are as in `Source.require`.

    Raises:
        InputError: there is no header, or a column is missing, unnamed or repeated.
        OSError: the file cannot be read.
    """
    kind = _kind(path)
    names = _parquet_columns(path) if kind == "parquet" else _text_columns(path)
    source = Source(path, kind, names)
    source.require(wanted, what)
    for name in source.columns:
        if not name:
            raise InputError(f"{path}: a column has no name; expected a tab-separated {what}")
        if source.columns.count(name) > 1:
            raise InputError(f"{path}: two columns are named {name}")
    return source


def refuse_blank(source: Source) -> None:
    """Refuse a text of more empty lines than any table has, such as a small file of newlines.

    Only the first LONGEST bytes of text are read, as a file that has more is no small one.

    Raises:
        InputError: there are more than MOST_EMPTY, or the file is damaged.
        OSError: it cannot be read.
    """
    if source.kind == "parquet":
        return
    size = 0
    for block in read_blocks(source.path):
        size += len(block.data)
        if size > LONGEST:
            return


def _kind(path: Path) -> str:
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(f"{path}: expected a file on disk, as a table is read more than once")
    with open(path, "rb") as file:
        if file.read(4) == _PARQUET:
            return "parquet"
    return compression_of(path) or "tsv"


def _text_columns(path: Path) -> tuple[str, ...]:
    line = b""
    with closing(pieces(path, _PIECE)) as parts:
        for part in parts:
            line += part
            if b"\n" in part or len(line) > _LONGEST_HEADER:
                break
    line = line[:_LONGEST_HEADER].partition(b"\n")[0]
    try:
        header = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{path}: the first line is not text; expected a header") from None
    if not header:
        raise InputError(f"{path}: is empty; expected a header line")
    return tuple(header.removeprefix("#").split("\t"))


def _parquet_columns(path: Path) -> tuple[str, ...]:
    def describe(error: Exception) -> str:
        return f"not a complete parquet file ({str(error).splitlines()[0]})"

    with connect(path, describe) as connection:
        rows = connection.execute(f"DESCRIBE FROM read_parquet({quote_text(path)})").fetchall()
    return tuple(row[0] for row in rows)
