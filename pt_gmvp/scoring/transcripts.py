"""Which transcripts are to be scored, and where their matrices lie."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from converters.features.folder import MatrixFolder
from converters.features.raw_files import every_id
from converters.text import read_text
from converters.windows import FEATURE_COLUMNS
from pt_gmvp.scoring.errors import ScoreError

_COLUMN = "transcript_id"
_BYTES_A_RESIDUE = 8 * FEATURE_COLUMNS


class Task(NamedTuple):
    """A transcript to score.

    `stamp` is the size of its matrix' file and when it was written: scores made of another file
    are none of this one. `residues` is its length as the size tells it.
    """

    transcript: str
    path: Path
    stamp: tuple[int, int]
    residues: int


class Wanted(NamedTuple):
    """The tasks in the order of the output, ids without a matrix, and what a user should know."""

    tasks: list[Task]
    missing: list[str]
    notes: list[str]


def find_wanted(features: Path, listed: Path | None = None) -> Wanted:
    """Find the matrices of a list's transcripts in its order, or all of a folder, sorted by id.

    Args:
        features: the folder.
        listed: a file of ids, one a line, or a tab-separated table with a column transcript_id.
            One that is listed again is scored once.

    Raises:
        ScoreError: there is no transcript.
        InputError: the list cannot be used.
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
                f"{listed}: {_several(repeated, 'is', 'are')} listed again; each counts once"
            )
    if not names:
        raise ScoreError(
            f"{features}: holds no feature matrix; expected <id>.npy or <id>.pickle, as "
            "gmvp-convert features writes them"
        )
    odd = next((name for name in names if len(name.split()) != 1), None)
    if odd is not None:
        raise ScoreError(f"{features}: {odd!r} cannot be an id in a table; rename that file")
    twice = [name for name in names if folder.in_two_formats(name)]
    if twice:
        notes.append(
            f"{features}: {_several(twice, 'has', 'have')} a .npy and a .pickle; the one written "
            "last is taken"
        )
    files = {name: folder.find(name) for name in names}
    tasks = [
        Task(name, file.path, (file.size, file.written), max(file.size // _BYTES_A_RESIDUE, 1))
        for name, file in files.items()
        if file is not None
    ]
    return Wanted(tasks, [name for name, file in files.items() if file is None], notes)


def _read_ids(path: Path) -> tuple[list[str], list[str]]:
    """Read a list's ids, each once, and those that are there again though it is no table."""
    lines = read_text(path).splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    header = [name.strip() for name in lines[first].split("\t")] if lines else []
    if _COLUMN not in header:
        every = every_id(path, lines)  # a pipe can be read but once
        repeated = [name for name, count in Counter(every).items() if count > 1]
        return list(dict.fromkeys(every)), repeated
    return list(dict.fromkeys(_column(path, lines, first, header.index(_COLUMN)))), []


def _column(path: Path, lines: list[str], first: int, column: int) -> list[str]:
    found: list[str] = []
    for number, line in enumerate(lines[first + 1 :], first + 2):
        fields = line.split("\t")
        name = fields[column].strip() if column < len(fields) else ""
        if not line.strip():
            continue
        if not name or len(name.split()) > 1 or "/" in name or name.startswith("."):
            raise ScoreError(f"{path}, line {number}: {_COLUMN} is {name[:60]!r}; expected an id")
        found.append(name)
    if not found:
        raise ScoreError(f"{path}: holds no transcript, only a header")
    return found


def _several(names: Sequence[str], one: str, many: str) -> str:
    rest = len(names) - 1
    return f"{names[0]} and {rest:,} more {many}" if rest else f"{names[0]} {one}"
