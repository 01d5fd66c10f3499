"""Sets of output files that a killed run can resume without mixing them with other files.

Each file is written atomically. A journal beside them, written first and removed last, lists the
files that an unfinished run of the same work has finished.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from converters.atomic import file_beside
from converters.destination import check_parent
from converters.errors import InputError
from converters.features.files import find_matrix
from converters.variants.rows import Rows

SUFFIX = ".tfrec"


def shard_paths(output: Path, number: int) -> list[Path]:
    """Return the original's names: `<output>.tfrec`, or `<output>_<i>.tfrec` for several files."""
    stem = str(output).removesuffix(SUFFIX)
    if number == 1:
        return [Path(f"{stem}{SUFFIX}")]
    return [Path(f"{stem}_{index}{SUFFIX}") for index in range(number)]


def fingerprint(
    tables: Iterable[Path], folder: Path, transcripts: Iterable[str], options: Sequence[object]
) -> str:
    """Return a digest that identifies the work: options, tables' bytes, and matrices' files."""
    digest = hashlib.sha256(repr(tuple(options)).encode())
    for table in tables:
        digest.update(hashlib.sha256(table.read_bytes()).digest())
    for transcript in sorted(set(transcripts)):
        path = find_matrix(folder, transcript)
        if path is not None:
            there = path.stat()
            digest.update(repr((path.name, there.st_size, there.st_mtime_ns)).encode())
    return digest.hexdigest()


def digest(rows: Rows) -> str:
    """Return a digest of some variants in their order, whatever lines they are from."""
    found = hashlib.sha256()
    for column in (rows.transcript, rows.position, rows.ref, rows.alt, rows.label):
        found.update(column.tobytes())
    found.update("\n".join(rows.transcripts).encode("utf-8", "surrogatepass"))
    for number in range(len(rows) if rows.names is not None else 0):
        found.update(rows.name(number).encode("utf-8", "surrogatepass") + b"\n")
    return found.hexdigest()


def write_shards(
    paths: Sequence[Path], work: str, write: Callable[[int, Path], object], force: bool
) -> list[Path]:
    """Write files one after the other, keeping those from an unfinished run of the same work.

    Args:
        paths: the files, all in one folder.
        work: the fingerprint of the work.
        write: writes the file with an index, atomically.
        force: replace existing files, each when its successor is written; files of a run with
            more shards are removed last.

    Returns:
        The existing files that were kept.

    Raises:
        InputError: the folder does not exist, a file's name is that of a folder, or there is a file
        that is not from an unfinished run of the same work.
        OSError: a file cannot be written.
    """
    _check_places(paths)
    journal = paths[0].with_name(f".{paths[0].name}.journal.json")
    known, done, current = _read(journal)
    if known != work:
        done, current = {}, ""
    kept = [path for path in paths if path.exists() and done.get(path.name) == _stamp(path)]
    surplus = _surplus(paths)
    # The file in progress may be complete but not yet listed, so it is written again.
    foreign = [p for p in paths if p.exists() and p not in kept and p.name != current] + surplus
    if foreign and not force:
        which = "belongs to other input" if known not in (None, work) else "exists"
        raise InputError(f"{foreign[0]}: {which}; give --force to replace it, or another name")
    done = {path.name: _stamp(path) for path in kept}
    for index, path in enumerate(paths):
        if path not in kept:
            _note(journal, work, done, path.name)
            write(index, path)
            done[path.name] = _stamp(path)
    for path in surplus:
        path.unlink()
    journal.unlink(missing_ok=True)
    return kept


def _check_places(paths: Sequence[Path]) -> None:
    check_parent(paths[0])
    for path in (Path(str(paths[0]).removesuffix(SUFFIX)), *paths):
        if path.is_dir():
            raise InputError(f"{path}: is a folder; expected the name of a file to make")


def _surplus(paths: Sequence[Path]) -> list[Path]:
    """Return the files of a run with more shards, which would be mistaken for this run's."""
    if len(paths) == 1:
        return []
    stem = paths[0].name.removesuffix(f"_0{SUFFIX}")
    found = re.compile(rf"{re.escape(stem)}_(\d+){re.escape(SUFFIX)}")
    return sorted(
        item
        for item in paths[0].resolve().parent.iterdir()
        if (match := found.fullmatch(item.name)) and int(match[1]) >= len(paths)
    )


def _stamp(path: Path) -> list[int]:
    there = path.stat()
    return [there.st_size, there.st_mtime_ns]


def _note(journal: Path, work: str, done: dict[str, list[int]], current: str) -> None:
    with file_beside(journal) as partial:
        partial.write_text(json.dumps({"work": work, "done": done, "current": current}))


def _read(journal: Path) -> tuple[str | None, dict[str, list[int]], str]:
    """Read a journal: its work (None if missing), finished files, and the file in progress."""
    try:
        content = json.loads(journal.read_text())
        return str(content["work"]), dict(content["done"]), str(content["current"])
    except FileNotFoundError:
        return None, {}, ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", {}, ""
