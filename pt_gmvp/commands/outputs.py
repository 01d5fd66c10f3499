"""Where a command writes: what cannot be written is refused before any work is done."""

import os
from collections.abc import Collection
from pathlib import Path

from converters.errors import InputError


def check_output(path: Path, suffixes: Collection[str] = ()) -> None:
    """Refuse a file that could not be written, or whose suffix names no format.

    Args:
        path: the file to be.
        suffixes: those allowed, with their dots; any, if there are none.

    Raises:
        InputError: it is a folder, its folder is missing or may not be written to, or its suffix is
            another.
    """
    if suffixes and path.suffix.lower() not in suffixes:
        known = " or ".join(suffixes)
        raise InputError(f"{path}: the name says no format; expected one that ends in {known}")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; expected a file to be written")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InputError(f"{path}: there is no folder {folder} to write in; make it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{path}: no permission to write in {folder}; name another")
