"""Output that appears whole or not at all: written beside its place, then renamed.

A process that is killed leaves its partial file or folder behind, under a name that tells whose it
was; the next one to write to the same folder takes away what belongs to no living process.
"""

import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SWEPT: set[Path] = set()


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", platform.node()) or "here"


def _beside(path: Path, kind: str = "partial") -> Path:
    return path.with_name(f".{path.name}.{_host()}.{os.getpid()}.{kind}")


def sweep(folder: Path) -> None:
    """Take away what killed processes of this machine left in a folder; once a process looks.

    Folders hold up to a matrix a transcript: a look for each file written would be quadratic.
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
                os.rename(entry.path, folder / found[1])  # killed between two renames: none lost
            elif entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _named(error: OSError, partial: Path, path: Path) -> OSError:
    """The error under the name the caller gave: a partial's name says nothing to a user.

    A write to a full disk names no file at all, and so is given that name too.
    """
    unnamed = error.filename is None and error.errno is not None
    if unnamed or str(error.filename).startswith(str(partial)):
        return OSError(error.errno, error.strerror, str(path))
    return error


@contextmanager
def file_beside(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, moved to `path` once the block ends well, removed if it does not."""
    path = Path(path)
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


def flush(path: Path) -> None:
    """Bring a file to the disk: a full one is told here, not after the rename."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def folder_beside(path: str | Path) -> Iterator[Path]:
    """Give an empty folder to fill, moved to `path` at the end in place of what was there."""
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
        # Whatever broke in (Ctrl-C between two renames too), one of the two is in its place before
        # the other is taken away; if not even that can be done, the next sweep does it.
        with suppress(OSError):
            if not path.exists() and old.exists():
                os.rename(old, path)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def scratch_folder(parent: str | Path, name: str) -> Iterator[Path]:
    """Give an empty folder in `parent` for what is needed for a while, removed in any case.

    One that a killed process leaves behind is taken away by the next that works in `parent`.
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
    """Rename a folder that is whole to `path`, on the same disk, in place of what was there.

    Of an interruption between the two renames, the next sweep brings back what was there.
    """
    for file in made.rglob("*"):
        if file.is_file():
            flush(file)
    old = _beside(path, "old")
    if path.exists():
        os.rename(path, old)
    os.rename(made, path)
    shutil.rmtree(old, ignore_errors=True)
