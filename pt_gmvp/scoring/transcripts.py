"""Transcripts to score: their matrices, and the share of each process."""

import heapq
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from converters.columns import FEATURE_COLUMNS
from converters.errors import InputError
from converters.features.folder import MatrixFolder
from converters.features.raw_files import every_id, is_id, list_lines

_COLUMN = "transcript_id"
_BYTES_A_RESIDUE = 8 * FEATURE_COLUMNS


class Task(NamedTuple):
    """A transcript to score.

    `stamp` is the size and modification time of its matrix' file: scores made from another file do
    not count. `residues` is its length, computed from the size.
    """

    transcript: str
    path: Path
    stamp: tuple[int, int]
    residues: int


class Wanted(NamedTuple):
    """Tasks in the order of the output, ids without a matrix, and notes for the user."""

    tasks: list[Task]
    missing: list[str]
    notes: list[str]


def find_wanted(features: Path, listed: Path | None = None) -> Wanted:
    """Find the matrices of a list's transcripts in its order, or all in a folder, sorted by id.

    Args:
        features: the folder.
        listed: a file of ids, one a line, or a tab-separated table with a column transcript_id.
            An id listed twice is scored once.

    Raises:
        InputError: there is no transcript, or the list cannot be used.
        OSError: the folder or the list cannot be read.
    """
    folder = MatrixFolder(features)
    notes: list[str] = []
    if listed is None:
        names = folder.transcripts()
    else:
        names, repeated = _read_ids(listed)
        if repeated:
            notes.append(
                f"{listed}: {_several(repeated, 'is', 'are')} listed twice; each counts once"
            )
    if not names:
        raise InputError(
            f"{features}: contains no feature matrix; expected <id>.npy or <id>.pickle, as "
            "gmvp-convert features writes them"
        )
    odd = next((name for name in names if not is_id(name)), None)
    if odd is not None:
        raise InputError(f"{features}: {odd!r} cannot be an id in a table; rename the file")
    twice = [name for name in names if folder.in_two_formats(name)]
    if twice:
        notes.append(
            f"{features}: {_several(twice, 'has', 'have')} both a .npy and a .pickle; the newer "
            "one is used"
        )
    files = {name: folder.find(name) for name in names}
    tasks = [
        Task(name, file.path, (file.size, file.written), max(file.size // _BYTES_A_RESIDUE, 1))
        for name, file in files.items()
        if file is not None
    ]
    return Wanted(tasks, [name for name, file in files.items() if file is None], notes)


def _read_ids(path: Path) -> tuple[list[str], list[str]]:
    """Read a list's ids, each once, and those that a plain list, not a table, repeats."""
    lines = list_lines(path)
    blank = 0
    for first in lines:
        if first.strip():
            break
        blank += 1
    else:
        first = ""
    header = [name.strip() for name in first.split("\t")]
    if _COLUMN not in header:
        # A pipe can be read only once.
        every = every_id(path, itertools.chain(itertools.repeat("", blank), [first], lines))
        repeated = [name for name, count in Counter(every).items() if count > 1]
        return list(dict.fromkeys(every)), repeated
    return list(dict.fromkeys(_column(path, lines, blank + 1, header.index(_COLUMN)))), []


def _column(path: Path, lines: Iterable[str], first: int, column: int) -> list[str]:
    found: list[str] = []
    for number, line in enumerate(lines, first + 1):
        fields = line.split("\t")
        name = fields[column].strip() if column < len(fields) else ""
        if not line.strip():
            continue
        if not is_id(name):
            raise InputError(f"{path}, line {number}: {_COLUMN} is {name[:60]!r}; expected an id")
        found.append(name)
    if not found:
        raise InputError(f"{path}: contains no transcript, only a header")
    return found


def _several(names: Sequence[str], one: str, many: str) -> str:
    rest = len(names) - 1
    return f"{names[0]} and {rest:,} more {many}" if rest else f"{names[0]} {one}"


def share(tasks: Sequence[Task], size: int) -> list[list[Task]]:
    """Share tasks among `size` processes: the longest first, each to whoever has the least so far.

    The heaviest share is at most 4/3 of the best possible one's (doi:10.1137/0117039). Each share
    begins with its longest transcript: whatever needs most memory, or fails for lack of it, does so
    at once and not after hours. The shares depend on the tasks alone, not on their order.
    """
    shares: list[list[Task]] = [[] for _ in range(size)]
    loads = [(0, rank) for rank in range(size)]
    for task in sorted(tasks, key=lambda task: (-task.residues, task.transcript)):
        load, rank = loads[0]
        shares[rank].append(task)
        heapq.heapreplace(loads, (load + task.residues, rank))
    return shares
