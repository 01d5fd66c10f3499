"""Several output files that belong together: a killed run is gone on with, and nothing mixed up.

Each file appears whole or not at all; a journal beside them, written first and removed last, tells
those that an unfinished run of the same work has finished from files of anybody else.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from converters.atomic import file_beside
from converters.errors import InputError
from converters.features.files import find_matrix

SUFFIX = ".tfrec"


def shard_paths(output: Path, number: int) -> list[Path]:
    """Name the files as the original does: `<output>.tfrec`, or `<output>_<i>.tfrec` of several."""
    stem = str(output).removesuffix(SUFFIX)
    if number == 1:
        return [Path(f"{stem}{SUFFIX}")]
    return [Path(f"{stem}_{index}{SUFFIX}") for index in range(number)]


def fingerprint(
    tables: Iterable[Path], folder: Path, transcripts: Iterable[str], options: Sequence[object]
) -> str:
    """Tell one piece of work from another: its options, tables' bytes, and matrices' files."""
    digest = hashlib.sha256(repr(tuple(options)).encode())
    for table in tables:
        digest.update(hashlib.sha256(table.read_bytes()).digest())
    for transcript in sorted(set(transcripts)):
        path = find_matrix(folder, transcript)
        if path is not None:
            there = path.stat()
            digest.update(repr((path.name, there.st_size, there.st_mtime_ns)).encode())
    return digest.hexdigest()


def write_shards(
    paths: Sequence[Path], work: str, write: Callable[[int, Path], None], force: bool
) -> list[Path]:
    """Write files one after the other; those an unfinished run of the same work wrote are kept.

    Args:
        paths: the files, all in one folder.
        work: the fingerprint of what is written.
        write: writes the file of an index, whole or not at all.
        force: replace what is there.

    Returns:
        The files that were there already and were kept.

    Raises:
        InputError: a file is there that is not of an unfinished run of this very work.
        OSError: a file cannot be written.
    """
    journal = paths[0].with_name(f".{paths[0].name}.journal.json")
    there = [path for path in paths if path.exists()]
    known = _read(journal)
    if known != work:
        if there and not force:
            which = "was begun with other input" if known else "exists"
            raise InputError(f"{there[0]}: {which}; give --force to replace it, or another name")
        for path in there:
            path.unlink()
        there = []
        with file_beside(journal) as partial:
            partial.write_text(json.dumps({"work": work}))
    for index, path in enumerate(paths):
        if path not in there:
            write(index, path)
    journal.unlink()
    return there


def _read(journal: Path) -> str | None:
    try:
        return str(json.loads(journal.read_text())["work"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return ""
