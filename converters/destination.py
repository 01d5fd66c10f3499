"""Folders that a command makes: what may be replaced, and what is somebody else's."""

from collections.abc import Callable
from pathlib import Path


def check_folder(
    path: Path, what: str, belongs: Callable[[str], bool], force: bool, refusal: type[ValueError]
) -> None:
    """Refuse a destination that holds something, before any work is done.

    Args:
        path: the folder to be made.
        what: what it will be, for the message: "model", "store".
        belongs: whether a file of this name is part of one.
        force: it may be replaced.
        refusal: the error to raise.

    Raises:
        refusal: it is a file, or a folder that holds something else or may not be replaced.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise refusal(f"{path}: is a file; expected a folder to be made")
    held = sorted(item.name for item in path.iterdir())
    foreign = [name for name in held if not belongs(name)]
    if foreign:
        raise refusal(f"{path}: holds {foreign[0]}, no part of a {what}; name another folder")
    if held and not force:
        raise refusal(f"{path}: is not empty; give --force to replace the {what} in it")
