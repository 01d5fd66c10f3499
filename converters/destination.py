"""Checks of output paths before any work is done: whether they can be written or replaced."""

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from converters.errors import InputError


def is_stream(path: Path) -> bool:
    """Return whether a path is a pipe or a device, which is written to directly."""
    return path.exists() and not path.is_file() and not path.is_dir()


def check_parent(path: Path) -> None:
    """Raise InputError if the folder of `path` is missing or not writable."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist; create it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{path}: no permission to write in {folder}; name another folder")


def check_outputs(
    paths: Iterable[Path | None],
    suffixes: Collection[str] = (),
    used: Iterable[Path | None] = (),
) -> None:
    """Raise InputError for files that could not be written or would overwrite one another.

    Args:
        paths: the files to write; None for one that is not wanted. Pipes and devices are fine.
        suffixes: the allowed ones, with their dots; any if empty.
        used: what else the command reads or writes; None for what was not given.

    Raises:
        InputError: a path is a folder, has another suffix, is given twice or is in `used`; or its
            folder is missing or not writable.
    """
    others = [path for path in used if path is not None]
    seen = {path.resolve() for path in others}
    for path in filter(None, paths):
        if path.is_dir():
            raise InputError(f"{path}: is a folder; expected a file to write")
        if suffixes and path.suffix.lower() not in suffixes:
            known = " or ".join(suffixes)
            raise InputError(f"{path}: unknown format; expected a name that ends in {known}")
        if is_stream(path):
            continue
        check_parent(path)
        linked = path.exists() and any(o.exists() and path.samefile(o) for o in others)
        if linked or path.resolve() in seen:
            raise InputError(
                f"{path}: this command already uses this file; name another output file"
            )
        seen.add(path.resolve())


def check_folder(path: Path, what: str, belongs: Callable[[str], bool], force: bool) -> None:
    """Raise InputError for a destination folder that must not be made or replaced.

    Args:
        path: the folder to make.
        what: what it will be, for the message: "model", "store".
        belongs: returns whether a file of this name is part of one.
        force: whether an existing one may be replaced.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"{path}: is a file; expected the name of a folder to make")
    names = sorted(item.name for item in path.iterdir())
    foreign = [name for name in names if not belongs(name)]
    if foreign:
        raise InputError(
            f"{path}: contains {foreign[0]}, which is not part of a {what}; name another folder"
        )
    if names and not force:
        raise InputError(f"{path}: is not empty; give --force to replace the {what} in it")
