"""Output that appears whole or not at all: written beside its place, then renamed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


@contextmanager
def file_beside(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, moved to `path` once the block ends well, removed if it does not."""
    path = Path(path)
    partial = _beside(path)
    try:
        yield partial
        os.replace(partial, path)
    except OSError as error:
        if error.filename == str(partial):  # a name the caller never gave says nothing to a user
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def folder_beside(path: str | Path) -> Iterator[Path]:
    """Give an empty folder to fill, moved to `path` at the end in place of what was there."""
    path = Path(path).resolve()
    partial, old = _beside(path), path.with_name(f".{path.name}.{os.getpid()}.old")
    try:
        partial.mkdir()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        yield partial
        if path.exists():
            os.rename(path, old)
        try:
            os.rename(partial, path)
        except OSError:
            with suppress(OSError):
                os.rename(old, path)
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
