"""A bundle appears whole or not at all: filled beside its place, then renamed.

A killed recording leaves a folder under a name that tells whose it was; the next one to the same
place takes it away.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parity.errors import ParityError
from parity.record.bundle import is_bundle


def refuse_unwritable(target: Path) -> None:
    """Raise ParityError if no bundle could be put there, before any work is done.

    What is there already is replaced if it is a bundle or an empty folder, and is never lost if it
    is anything else.
    """
    if target.exists() and not target.is_dir():
        raise ParityError(f"cannot write {target}: it is no folder; a bundle is one")
    if target.is_dir() and any(target.iterdir()) and not is_bundle(target):
        raise ParityError(f"cannot write {target}: it holds something else; name another folder")
    parent = target.resolve().parent
    if not parent.is_dir():
        raise ParityError(f"cannot write {target}: its folder does not exist")
    if not os.access(parent, os.W_OK):
        raise ParityError(f"cannot write {target}: no permission")


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Give an empty folder to fill; it takes the target's place once the block ends well."""
    target = target.resolve()
    _sweep(target)
    partial, old = (_leftover(target, kind) for kind in ("partial", "old"))
    partial.mkdir()
    try:
        yield partial
        if target.exists():
            os.rename(target, old)
        os.rename(partial, target)
    finally:
        # Whatever broke in, one of the two is in its place before the other is taken away.
        if old.exists() and not target.exists():
            os.rename(old, target)
        for folder in (old, partial):
            shutil.rmtree(folder, ignore_errors=True)


def _leftover(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.{kind}")


def _sweep(target: Path) -> None:
    """Take away what recordings killed on their way to this place have left."""
    name = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\.(partial|old)")
    for entry in list(target.parent.iterdir()):
        found = name.fullmatch(entry.name)
        if not found or _alive(int(found[1])):
            continue
        if found[2] == "old" and not target.exists():
            os.rename(entry, target)  # killed between two renames: none lost
        else:
            shutil.rmtree(entry, ignore_errors=True)


def _alive(process: int) -> bool:
    with suppress(OSError):
        os.kill(process, 0)
        return True
    return False
