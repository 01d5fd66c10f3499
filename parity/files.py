"""Where reports are written: beside their place and renamed, or into a pipe as it is."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from parity.errors import ParityError


def refuse_unwritable(target: str | None) -> None:
    """Raise ParityError if a report could not be written there, before any work is done."""
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


Wanted = Mapping[str, str | None]
"""Where what an option names is written: a path, "-" for standard output, None for nowhere."""


def refuse_unwritable_of(wanted: Wanted) -> None:
    """Raise ParityError if one of several could not be written, or two share standard output."""
    to_stdout = [name for name, target in wanted.items() if target == "-"]
    if len(to_stdout) > 1:
        raise ParityError(
            f"{' and '.join(f'--{name}' for name in to_stdout)} cannot share standard output; "
            "name a file for all but one"
        )
    for target in wanted.values():
        refuse_unwritable(target)


def write(target: str, text: str) -> None:
    """Write a report: to standard output for "-", else as `save` does."""
    if target == "-":
        sys.stdout.write(text)
    else:
        save(target, text.encode())


def save(target: str, data: bytes) -> None:
    """Write a file beside its place and then rename it.

    A link is followed, and what is no regular file (a pipe, a device) is written to as it is.
    """
    path = Path(target).resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
