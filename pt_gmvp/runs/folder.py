"""Folder of a long run: one program at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from converters.errors import InputError

_LOCK = "lock"


def list_run(path: Path, purpose: str) -> list[str]:
    """Return the sorted names in a run's folder without its lock; none if there is no folder.

    Raises:
        InputError: the path is a file; the message names the folder's purpose.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file; expected a folder for {purpose}")
    names = sorted(os.listdir(path)) if path.is_dir() else []
    return [name for name in names if name != _LOCK]


@contextmanager
def locked(path: Path, activity: str) -> Iterator[None]:
    """Keep other programs out of a run's folder, which is made if need be.

    Raises:
        InputError: another program holds the folder; the message names its activity.
    """
    path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path / _LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise InputError(
            f"{path}: another program is {activity} in it; wait for it to finish, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()
