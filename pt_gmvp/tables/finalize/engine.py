"""The engine: one DuckDB database in a temporary folder, and its errors in our words."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from converters.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_OUTSIDE = 250 * 10**6  # bytes: the interpreter, and what the engine takes beside its own account
_NO_SPACE = "No space left on device"
_FULL = (_NO_SPACE, "Disk quota exceeded", "failed to offload data block")


@contextmanager
def engine(folder: Path, memory: int, threads: int) -> Iterator["DuckDBPyConnection"]:
    """Open a database in `folder`, which keeps what exceeds the memory there too.

    Args:
        folder: empty; whoever made it takes it away.
        memory: bytes that the whole process may take.
        threads: that the engine works with.

    Raises:
        InputError: more memory is needed, or (from the block) what `translated` makes of errors.
        OSError: the disk is full.
        KeyboardInterrupt: Ctrl-C during a statement.
    """
    import duckdb

    settings = {
        "memory_limit": f"{(memory - _OUTSIDE) // 1000}KB",
        "threads": str(threads),
        "temp_directory": str(folder / "spilled"),
        "preserve_insertion_order": "true",  # a row's number is its place in an ordered table
    }
    with translated(folder):
        connection = duckdb.connect(str(folder / "tables.duckdb"), config=settings)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn the engine's errors that a user can cause into ours; `folder` is where it spills."""
    import duckdb

    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from None
        raise
    except duckdb.Error as error:
        said = str(error)
        if any(sign in said for sign in _FULL):
            raise OSError(errno.ENOSPC, _NO_SPACE, str(_full_folder(said, folder))) from None
        if isinstance(error, duckdb.OutOfMemoryException):
            raise InputError(
                "the engine ran out of memory; give more with --memory, or fewer --threads"
            ) from None
        if isinstance(error, duckdb.IOException):
            raise OSError(f"{said.splitlines()[0].removeprefix('IO Error: ')}") from None
        raise


def _full_folder(said: str, folder: Path) -> Path:
    """Where the disk is full: the folder, as its user knows it, of the file that is named."""
    named = re.search(r'file \\?"([^"\\]+)', said)
    path = Path(named[1]) if named else folder
    scratch = (one for one in (path, *path.parents) if one.suffix == ".partial")
    return next((one.parent for one in scratch), path)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the output in errors of writing it; htslib's have neither a name nor a number."""
    try:
        yield
    except OSError as error:
        free = os.statvfs(path.parent).f_bavail
        number = error.errno or (errno.EIO if free else errno.ENOSPC)
        raise OSError(number, os.strerror(number), str(path)) from None
