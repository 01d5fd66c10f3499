"""A table that is read: tab-separated, gzipped or not, or parquet; told by its first bytes."""

import gzip
import re
import signal
import sys
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

from converters.errors import InputError

_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_LONGEST_HEADER = 1 << 16


@dataclass(frozen=True)
class Source:
    """A table on disk: its file, what kind it is ("tsv", "gzip", "parquet"), its columns."""

    path: Path
    kind: str
    columns: tuple[str, ...]

    @property
    def relation(self) -> str:
        """SQL that reads all columns, those of text files as VARCHAR, NULL where empty."""
        if self.kind == "parquet":
            return f"read_parquet({quoted(self.path)})"
        columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in self.columns)
        return (
            f"read_csv({quoted(self.path)}, auto_detect = false, header = true, delim = '\t',"
            f" quote = '', escape = '', nullstr = '', columns = {{{columns}}},"
            f" compression = {quoted('gzip' if self.kind == 'gzip' else 'none')})"
        )

    def require(self, wanted: tuple[str, ...], what: str) -> None:
        """Refuse a table without certain columns; others are not looked at.

        Args:
            wanted: columns that it must have.
            what: what it is meant to be, for the message: "table of scores".

        Raises:
            InputError: a column is missing.
        """
        tabs = ", tabs between them" if len(self.columns) == 1 else ""
        for name in wanted:
            if name not in self.columns:
                raise InputError(
                    f"{self.path}: no column {name}; expected a {what} with {', '.join(wanted)}"
                    f"{tabs}; it has {', '.join(self.columns)}"
                )


def open_source(path: Path, wanted: tuple[str, ...] = (), what: str = "table") -> Source:
    """Look at a table's header; `wanted` and `what` are as in `Source.require`.

    Raises:
        InputError: it has no header, a column is missing, without a name or there twice.
        OSError: it cannot be read.
    """
    kind = _kind(path)
    source = Source(path, kind, _of_parquet(path) if kind == "parquet" else _of_text(path, kind))
    source.require(wanted, what)
    for name in source.columns:
        if not name:
            raise InputError(f"{path}: a column has no name; expected a tab-separated {what}")
        if source.columns.count(name) > 1:
            raise InputError(f"{path}: two columns are named {name}")
    return source


def _kind(path: Path) -> str:
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(f"{path}: expected a file on disk, as a table is read more than once")
    with open(path, "rb") as file:
        start = file.read(4)
    if start == _PARQUET:
        return "parquet"
    return "gzip" if start.startswith(_GZIP) else "tsv"


def _of_text(path: Path, kind: str) -> tuple[str, ...]:
    try:
        with gzip.open(path) if kind == "gzip" else open(path, "rb") as file:
            line = file.readline(_LONGEST_HEADER)
        header = line.decode("utf-8-sig").rstrip("\r\n")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a whole gzip file ({error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: the first line is no text; expected a header") from None
    if not header:
        raise InputError(f"{path}: is empty; expected a header line")
    return tuple(header.removeprefix("#").split("\t"))


def _of_parquet(path: Path) -> tuple[str, ...]:
    load_engine()
    import duckdb

    with duckdb.connect() as connection:
        try:
            found = connection.execute(f"DESCRIBE FROM read_parquet({quoted(path)})").fetchall()
        except duckdb.Error as error:
            raise InputError(
                f"{path}: not a whole parquet file ({str(error).splitlines()[0]})"
            ) from None
    return tuple(row[0] for row in found)


def load_engine() -> None:
    """Import the engine, DuckDB; Ctrl-C waits until it is whole.

    Amid its import, an interruption would abort the process, with what it says itself.

    Raises:
        KeyboardInterrupt: Ctrl-C meanwhile.
    """
    if "duckdb" in sys.modules or threading.current_thread() is not threading.main_thread():
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        import duckdb  # noqa: F401
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt


def quoted(text: object) -> str:
    """A string as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"


def named(column: str) -> str:
    """The name of a column as SQL writes it."""
    return '"' + column.replace('"', '""') + '"'


def fault(error: Exception) -> str:
    """What is wrong with a table, in one line, from the engine's many."""
    said = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", said)
    where = f"line {line[1]}: " if line else ""
    if columns := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", said):
        return f"{where}{columns[2]} columns; the header has {columns[1]}"
    if "unicode" in said.lower() or "utf-8" in said.lower():
        return f"{where}holds bytes that are no text; expected UTF-8"
    if "GZIP" in said:
        return "not a whole gzip file; copy it anew"
    return f"{where}{said.splitlines()[0]}"
