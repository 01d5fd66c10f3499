"""The embedded database, DuckDB: connections, SQL literals, and its errors in one line."""

import errno
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from converters.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEAST_MEMORY = 500 * 10**6
"""Bytes below which the database cannot work beside the interpreter."""

_OUTSIDE = 250 * 10**6  # bytes of the interpreter, and of what the database does not account for
_NO_SPACE = "No space left on device"
_FULL = (_NO_SPACE, "Disk quota exceeded", "failed to offload data block")
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def load_engine() -> None:
    """Import DuckDB; Ctrl-C waits until this is complete.

    An interruption during its import would abort the process with a message of its own.

    Raises:
        KeyboardInterrupt: Ctrl-C in the meantime.
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


def one_line(error: Exception) -> str:
    """Return in one line what DuckDB found wrong with a table."""
    said = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", said)
    where = f"line {line[1]}: " if line else ""
    if columns := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", said):
        return f"{where}{columns[2]} columns; the header has {columns[1]}"
    if "unicode" in said.lower() or "utf-8" in said.lower():
        return f"{where}contains bytes that are not text; expected UTF-8"
    if "GZIP" in said:
        return "not a complete gzip file; copy it again"
    return f"{where}{said.splitlines()[0]}"


@contextmanager
def connect(
    path: Path,
    describe: Callable[[Exception], str] = one_line,
    *,
    threads: int | None = None,
    memory: int | None = None,
) -> Iterator["DuckDBPyConnection"]:
    """Open a database in memory.

    Args:
        path: what the block reads or writes, for messages.
        describe: returns the message for an error of the database, to follow the path.
        threads: of the database; by default one per core.
        memory: bytes that the database may use.

    Raises:
        InputError: `path` cannot be read or written.
        KeyboardInterrupt: Ctrl-C during a statement.
    """
    load_engine()
    import duckdb

    config: dict[str, str] = {} if threads is None else {"threads": str(threads)}
    if memory is not None:
        config["memory_limit"] = f"{memory // 1000}KB"
    with duckdb.connect(config=config) as connection:
        try:
            yield connection
        except RuntimeError as error:
            _raise_interrupt(error)
        except duckdb.Error as error:
            raise InputError(f"{path}: {describe(error)}") from None


@contextmanager
def connect_on_disk(folder: Path, memory: int, threads: int) -> Iterator["DuckDBPyConnection"]:
    """Open a database in `folder`, which also takes what exceeds the memory.

    Args:
        folder: an empty folder; the caller removes it.
        memory: bytes that the whole process may use.
        threads: of the database.

    Raises:
        InputError: more memory is needed.
        OSError: the disk is full, or a file cannot be read or written.
        KeyboardInterrupt: Ctrl-C during a statement.
    """
    load_engine()
    import duckdb

    config = {
        "memory_limit": f"{(memory - _OUTSIDE) // 1000}KB",
        "threads": str(threads),
        "temp_directory": str(folder / "spilled"),
        "preserve_insertion_order": "true",  # a row's number is its place in an ordered table
    }
    try:
        connection = duckdb.connect(str(folder / "tables.duckdb"), config=config)
        try:
            yield connection
        finally:
            connection.close()
    except RuntimeError as error:
        _raise_interrupt(error)
    except duckdb.Error as error:
        said = str(error)
        if any(sign in said for sign in _FULL):
            raise OSError(errno.ENOSPC, _NO_SPACE, str(_full_folder(said, folder))) from None
        if isinstance(error, duckdb.OutOfMemoryException):
            raise InputError(
                "the database ran out of memory; give more with --memory, or fewer --threads"
            ) from None
        if isinstance(error, duckdb.IOException):
            raise OSError(f"{said.splitlines()[0].removeprefix('IO Error: ')}") from None
        raise


def _raise_interrupt(error: RuntimeError) -> None:
    """Raise KeyboardInterrupt if that is what DuckDB's error means, else the error."""
    if "interrupted" in str(error).lower():
        raise KeyboardInterrupt from None
    raise error


def _full_folder(said: str, folder: Path) -> Path:
    """Return the folder on the full disk that the user knows: that of the temporary folder."""
    match = re.search(r'file \\?"([^"\\]+)', said)
    path = Path(match[1]) if match else folder
    temporary = (one for one in (path, *path.parents) if one.suffix == ".partial")
    return next((one.parent for one in temporary), path)


def parse_memory(text: str) -> int:
    """Read "2GB", "800 MB" or "1.5GiB" as bytes.

    Raises:
        InputError: not such an amount, or less than LEAST_MEMORY.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]i?b)", text.strip(), re.IGNORECASE)
    if not match:
        raise InputError(f"--memory {text}: expected an amount such as 2GB or 800MB")
    amount = int(float(match[1]) * (_UNITS | _BINARY)[match[2].upper()])
    if amount < LEAST_MEMORY:
        raise InputError(f"--memory {text}: expected at least {LEAST_MEMORY // 10**6}MB")
    return amount


def quote_text(text: object) -> str:
    """Return a string as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def quote_name(column: str) -> str:
    """Return the name of a column as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'
