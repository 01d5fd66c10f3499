"""Which files of a folder are a transcript's raw inputs, and which of several is taken."""

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
"""The ends of file names after the transcript's id, for each input, the preferred one first."""


def _ends(kind: str) -> tuple[str, ...]:
    plain = NAMES[kind]
    return (*plain, *(f"{end}.gz" for end in plain if not end.endswith(".npy")))


_ENDS = {kind: _ends(kind) for kind in NAMES}
_LONGEST_FIRST = sorted((end for ends in _ENDS.values() for end in ends), key=len, reverse=True)


class RawFiles(NamedTuple):
    """One transcript's inputs by kind; `passed_over` are files that another was preferred to."""

    transcript: str
    paths: dict[str, Path]
    passed_over: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """What is wanting, with the file names that would do."""
        return [
            f"{kind} ({' or '.join(self.transcript + end for end in ends[:2])})"
            for kind, ends in NAMES.items()
            if kind not in self.paths
        ]


class RawFolder:
    """A folder of raw files, listed once; raises OSError if it cannot be."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._names = {entry.name for entry in os.scandir(self.folder) if entry.is_file()}

    def transcripts(self) -> list[str]:
        """Every id that has at least one raw file, sorted."""
        found = set()
        for name in self._names:
            end = next((end for end in _LONGEST_FIRST if name.endswith(end)), None)
            if end and len(end) < len(name) and not name.startswith("."):
                found.add(name[: -len(end)])
        return sorted(found)

    def find(self, transcript: str) -> RawFiles:
        """Find a transcript's files; of several for one input the first of NAMES is taken."""
        paths: dict[str, Path] = {}
        passed_over: list[str] = []
        for kind, ends in _ENDS.items():
            there = [transcript + end for end in ends if transcript + end in self._names]
            if there:
                paths[kind] = self.folder / there[0]
                passed_over += there[1:]
        return RawFiles(transcript, paths, tuple(passed_over))


def read_list(path: str | Path) -> list[str]:
    """Read ids of transcripts, each once; see `every_id`. Raises OSError, too."""
    return list(dict.fromkeys(every_id(path, read_text(path).splitlines())))


def every_id(path: str | Path, lines: Iterable[str]) -> list[str]:
    """Find ids of transcripts, one a line, as often as they stand there; `#` starts a comment.

    Raises:
        InputError: naming the file that they are of: no id at all, or one that is no file name.
    """
    found: list[str] = []
    for number, line in enumerate(lines, 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if len(name.split()) > 1 or "/" in name or name.startswith("."):
            raise InputError(
                f"{path}, line {number}: {name[:60]!r} is no transcript; expected one id a line"
            )
        found.append(name)
    if not found:
        raise InputError(f"{path}: holds no transcript; expected one id a line")
    return found


def plain_suffix(path: Path) -> str:
    """The lower-case suffix that tells the format, `.gz` left out."""
    suffixes: Iterable[str] = [s for s in path.suffixes if s != ".gz"]
    return list(suffixes)[-1].lower()
