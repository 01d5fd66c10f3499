"""The account of a command as a JSON file, for programs: what `--report` writes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def check_account(path: Path | None, used: Iterable[Path | None] = ()) -> None:
    """Refuse, before any work is done, a place that no account can be written to.

    Args:
        path: where to; None for nowhere.
        used: what the command reads or writes besides; None for what was not given.

    Raises:
        InputError: it is a folder, there is no folder to write in, or it is one of the others.
    """
    from converters.errors import InputError

    if path is None:
        return
    if path.is_dir():
        raise InputError(f"{path}: is a folder; expected a file for the report")
    if not path.resolve().parent.is_dir():
        raise InputError(f"{path}: there is no folder to write in; make it first")
    if _is_stream(path):
        return
    if path.resolve() in {other.resolve() for other in used if other is not None}:
        raise InputError(f"{path}: is a file that the command uses; name another for the report")


def write_account(path: Path, account: Mapping[str, Any]) -> None:
    """Write an account; the file appears whole or not at all. Raises OSError if it cannot.

    A pipe or a device is written to as it is.
    """
    from converters.atomic import file_beside
    from converters.weights.model_dir import as_json

    if _is_stream(path):
        path.write_text(as_json(account))
        return
    with file_beside(path) as partial:
        partial.write_text(as_json(account))


def _is_stream(path: Path) -> bool:
    """Whether it is a pipe or a device, which takes no file's place."""
    return path.exists() and not path.is_file()
