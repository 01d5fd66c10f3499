"""Atomic output: files and folders are written beside their destination, then renamed.

A killed process leaves its partial file or folder behind under a name that holds its process
number; the next process that writes to the same folder removes leftovers of dead processes.

It stays apart from parity/files.py, because `parity` must be installable without the converters.
"""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from converters.destination import is_stream

STDOUT = "-"
_SWEPT: set[Path] = set()


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", platform.node()) or "here"


def _beside(path: Path, kind: str = "partial") -> Path:
    return path.with_name(f".{path.name}.{_host()}.{os.getpid()}.{kind}")


def sweep(folder: Path) -> None:
    """Remove what killed processes of this machine left in a folder, once per folder and process.

    A folder may hold one matrix per transcript, so sweeping for each file would be quadratic.
    """
    folder = folder.resolve()
    if folder in _SWEPT:
        return
    _SWEPT.add(folder)
    leftover = re.compile(rf"\.(.+)\.{re.escape(_host())}\.(\d+)\.(partial|old)")
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            found = leftover.fullmatch(entry.name)
            if not found or _alive(int(found[2])):
                continue
            if found[3] == "old" and not (folder / found[1]).exists():
                os.rename(entry.path, folder / found[1])  # killed between two renames: restore it
            elif entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def _alive(process: int) -> bool:
    """Return whether a process runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:  # a system without /proc
        return True
    return state not in "ZX"


def _named(error: OSError, partial: Path, path: Path) -> OSError:
    """Return the error with the caller's path in place of the partial file's, or of none.

    A write to a full disk names no file at all.
    """
    unnamed = error.filename is None and error.errno is not None
    if unnamed or str(error.filename).startswith(str(partial)):
        return OSError(error.errno, error.strerror, str(path))
    return error


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Put a file's path into errors of the block that name none, as those of a full disk do."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


@contextmanager
def file_beside(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to; it is renamed to `path` if the block succeeds, else removed.

    A pipe or a device is written to directly.
    """
    path = Path(path)
    if is_stream(path):
        with naming(path):
            yield path
        return
    sweep(path.parent)
    partial = _beside(path)
    try:
        yield partial
        flush(partial)
        os.replace(partial, path)
    except OSError as error:
        raise _named(error, partial, path) from None
    finally:
        partial.unlink(missing_ok=True)


def write_text(target: str | Path, text: str) -> None:
    """Write a text file atomically; "-" is standard output."""
    if target == STDOUT:
        sys.stdout.write(text)
        return
    with file_beside(target) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file atomically."""
    # Imported when needed: every command loads this module at its start.
    from converters.text import as_json

    write_text(path, as_json(content))


def flush(path: Path) -> None:
    """Force a file onto the disk, so that a full disk is noticed before the rename."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def folder_beside(path: str | Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it replaces `path` at the end."""
    path = Path(path).resolve()
    sweep(path.parent)
    partial, old = _beside(path), _beside(path, "old")
    try:
        partial.mkdir()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        yield partial
        for file in partial.rglob("*"):
            if file.is_file():
                flush(file)
        if path.exists():
            os.rename(path, old)
        os.rename(partial, path)
    except OSError as error:
        raise _named(error, partial, path) from None
    finally:
        # Even after an interruption between the two renames, one of the folders is at `path` before
        # the other is removed; if that fails too, the next sweep does it.
        with suppress(OSError):
            if not path.exists() and old.exists():
                os.rename(old, path)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def scratch_folder(parent: str | Path, name: str) -> Iterator[Path]:
    """Yield an empty temporary folder in `parent` and remove it afterwards.

    The folder of a killed process is removed by the next one that works in `parent`.
    """
    sweep(Path(parent))
    folder = _beside(Path(parent) / name)
    try:
        folder.mkdir()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(parent)) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(made: Path, path: Path) -> None:
    """Rename a finished folder to `path`, on the same disk, replacing what was there.

    After an interruption between the two renames, the next sweep restores what was there.
    """
    for file in made.rglob("*"):
        if file.is_file():
            flush(file)
    old = _beside(path, "old")
    if path.exists():
        os.rename(path, old)
    os.rename(made, path)
    shutil.rmtree(old, ignore_errors=True)
