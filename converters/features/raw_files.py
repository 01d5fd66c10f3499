"""A transcript's raw input files in a folder, and the choice between alternatives."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from converters.text import read_text

NAMES: dict[str, tuple[str, ...]] = {
    "profile": (".99.diff0.hhm.npy", ".hhm"),
    "alignment": (
        ".compara103", ".a3m", ".fasta", ".fa", ".afa", ".sto", ".stockholm", ".stk",
        ".aln", ".clustal", ".clw",
    ),
    "structure": (
        ".netsurfp2.json", ".netsurfp3.json", ".netsurfp.json",
        ".netsurfp2.csv", ".netsurfp3.csv", ".netsurfp.csv",
    ),
    "counts": (".aa.obs_exp.npy", ".obs_exp.tsv"),
}  # fmt: skip
"""Suffixes of file names after the transcript's id, for each input, the preferred one first."""


def _ends(kind: str) -> tuple[str, ...]:
    plain = NAMES[kind]
    return (*plain, *(f"{end}.gz" for end in plain if not end.endswith(".npy")))


_ENDS = {kind: _ends(kind) for kind in NAMES}
_LONGEST_FIRST = sorted((end for ends in _ENDS.values() for end in ends), key=len, reverse=True)


class RawFiles(NamedTuple):
    """One transcript's inputs by kind; `unused` are files that others were preferred to.

    Neutral values stand in for the inputs in `without`.
    """

    transcript: str
    paths: dict[str, Path]
    unused: tuple[str, ...]
    without: frozenset[str] = frozenset()

    @property
    def missing(self) -> list[str]:
        """Return the missing inputs, with file names that would be accepted."""
        return [
            f"{kind} ({' or '.join(self.transcript + end for end in ends[:2])})"
            for kind, ends in NAMES.items()
            if kind not in self.paths and kind not in self.without
        ]


class RawFolder:
    """A folder of raw files, listed once; raises OSError if it cannot be listed."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._names = {entry.name for entry in os.scandir(self.folder) if entry.is_file()}

    def transcripts(self) -> list[str]:
        """Return all ids that have at least one raw file, sorted."""
        found = set()
        for name in self._names:
            end = next((end for end in _LONGEST_FIRST if name.endswith(end)), None)
            if end and len(end) < len(name) and not name.startswith("."):
                found.add(name[: -len(end)])
        return sorted(found)

    def find(self, transcript: str) -> RawFiles:
        """Return a transcript's files; if an input has several, the first in NAMES."""
        paths: dict[str, Path] = {}
        unused: list[str] = []
        for kind, ends in _ENDS.items():
            there = [transcript + end for end in ends if transcript + end in self._names]
            if there:
                paths[kind] = self.folder / there[0]
                unused += there[1:]
        return RawFiles(transcript, paths, tuple(unused))


def read_list(path: str | Path) -> list[str]:
    """Read ids of transcripts without repetitions; raises as `every_id`, and OSError."""
    return list(dict.fromkeys(every_id(path, read_text(path).splitlines())))


def every_id(path: str | Path, lines: Iterable[str]) -> list[str]:
    """Return ids of transcripts, one per line, including repetitions; `#` begins a comment.

    Raises:
        InputError: no id, or one that cannot be a file name; names the file at `path`.
    """
    found: list[str] = []
    for number, line in enumerate(lines, 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if len(name.split()) > 1 or "/" in name or name.startswith("."):
            raise InputError(
                f"{path}, line {number}: {name[:60]!r} is not an id; expected one id per line"
            )
        found.append(name)
    if not found:
        raise InputError(f"{path}: contains no transcript; expected one id per line")
    return found


def plain_suffix(path: Path) -> str:
    """Return the lower-case suffix that shows the format, without `.gz`."""
    return [suffix for suffix in path.suffixes if suffix != ".gz"][-1].lower()
