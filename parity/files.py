"""Atomic file writes: to a temporary file in the same folder, then renamed."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from parity.errors import ParityError

Targets = Mapping[str, str | None]
"""Target by option: a path, "-" for standard output, None for nowhere."""


def refuse_unwritable(target: str | None) -> None:
    """Raise ParityError, before any work is done, if a report cannot be written to `target`."""
    if target in (None, "-"):
        return
    path = Path(target)
    if path.is_dir():
        raise ParityError(f"cannot write {path}: it is a folder; name a file in it")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ParityError(f"cannot write {path}: its folder does not exist")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ParityError(f"cannot write {path}: no permission")


def refuse_unwritable_of(targets: Targets) -> None:
    """Raise ParityError if a target cannot be written, or if two share standard output."""
    to_stdout = [name for name, target in targets.items() if target == "-"]
    if len(to_stdout) > 1:
        raise ParityError(
            f"{' and '.join(f'--{name}' for name in to_stdout)} cannot share standard output; "
            "name a file for all but one"
        )
    for target in targets.values():
        refuse_unwritable(target)


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Yield a path to write to; rename it to `path` if the block succeeds, remove it if not.

    Errors name `path`: a write to a full disk names no file.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        os.replace(beside, path)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(beside), beside):
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
    finally:
        beside.unlink(missing_ok=True)


def write(target: str, text: str) -> None:
    """Write text to standard output for "-", else as `save` does."""
    if target == "-":
        sys.stdout.write(text)
    else:
        save(target, text.encode())


def save(target: str | Path, data: bytes) -> None:
    """Write a file atomically.

    Links are followed. Anything but a regular file (a pipe, a device) is written to directly.
    """
    path = Path(target).resolve()
    if path.exists() and not path.is_file():
        try:
            path.write_bytes(data)
        except OSError as error:  # of a full disk, which names no file
            raise OSError(error.errno, error.strerror, str(path)) from None
        return
    with written_beside(path) as beside:
        beside.write_bytes(data)
