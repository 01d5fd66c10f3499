"""Where a command writes: what cannot be written is refused before any work is done."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from converters.errors import InputError


def check_outputs(
    paths: Iterable[Path], suffixes: Collection[str] = (), read: Iterable[Path] = ()
) -> None:
    """Refuse files that could not be written, or that would take each other's or an input's place.

    Args:
        paths: the files to be.
        suffixes: those allowed, with their dots; any, if there are none.
        read: what the command reads.

    Raises:
        InputError: one is a folder, its folder is missing or may not be written to, its suffix is
            another, it is given twice, or it is read.
    """
    inputs = [path for path in read if path.exists()]
    placed = set()
    for path in paths:
        _check(path, suffixes)
        if path.exists() and any(path.samefile(other) for other in inputs):
            raise InputError(f"{path}: is a file that is read; name another to be written")
        if path.resolve() in placed:
            raise InputError(f"{path}: is to be written twice; name another")
        placed.add(path.resolve())


def check_table(output: str, report: Path | None, read: Iterable[Path | None]) -> None:
    """Refuse a table or a report that would take each other's place, or that of what is read.

    Args:
        output: the table, `-` for standard output; a pipe or a device takes no file's place.
        report: the account beside it, if there is to be one.
        read: what the command reads; None for what was not given.

    Raises:
        InputError: as `check_outputs` does.
    """
    named = [Path(output)] if output != "-" else []
    placed = [path for path in [*named, *filter(None, [report])] if not _is_stream(path)]
    check_outputs(placed, read=filter(None, read))


def _is_stream(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _check(path: Path, suffixes: Collection[str]) -> None:
    if path.is_dir():
        raise InputError(f"{path}: is a folder; expected a file to be written")
    if suffixes and path.suffix.lower() not in suffixes:
        known = " or ".join(suffixes)
        raise InputError(f"{path}: the name says no format; expected one that ends in {known}")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InputError(f"{path}: there is no folder {folder} to write in; make it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{path}: no permission to write in {folder}; name another")
