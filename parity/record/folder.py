"""Atomic writes of a recording's folder: filled under a temporary name, then renamed.

A killed recording leaves a folder whose name includes its process id; the next recording to the
same place removes it.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parity.errors import ParityError
from parity.record.recording import is_recording


def refuse_unwritable(target: Path) -> None:
    """Raise ParityError if no recording could be written to `target`, before any work is done.

    An existing recording or an empty folder is replaced; anything else is never overwritten.
    """
    if target.exists() and not target.is_dir():
        raise ParityError(f"cannot write {target}: it is not a folder, as a recording must be")
    if target.is_dir() and any(target.iterdir()) and not is_recording(target):
        raise ParityError(f"cannot write {target}: it contains other files; name another folder")
    parent = target.resolve().parent
    if not parent.is_dir():
        raise ParityError(f"cannot write {target}: its folder does not exist")
    if not os.access(parent, os.W_OK):
        raise ParityError(f"cannot write {target}: no permission")


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it replaces `target` if the block succeeds."""
    target = target.resolve()
    _remove_leftovers(target)
    partial, old = (
        target.with_name(f".{target.name}.{os.getpid()}.{kind}") for kind in ("partial", "old")
    )
    partial.mkdir()
    try:
        yield partial
        if target.exists():
            os.rename(target, old)
        os.rename(partial, target)
    finally:
        # Even if interrupted, one of the two is in place before the other is removed.
        if old.exists() and not target.exists():
            os.rename(old, target)
        for folder in (old, partial):
            shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(target: Path) -> None:
    """Remove what killed recordings have left in this place."""
    name = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\.(partial|old)")
    for entry in list(target.parent.iterdir()):
        found = name.fullmatch(entry.name)
        if not found or _is_running(int(found[1])):
            continue
        if found[2] == "old" and not target.exists():
            os.rename(entry, target)  # killed between the two renames
        else:
            shutil.rmtree(entry, ignore_errors=True)


def _is_running(process: int) -> bool:
    """Return whether a process runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:  # a system without /proc
        return True
    return state not in "ZX"
