"""A transcript's raw input files in a folder, and the choice between alternatives."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from converters.alignments import SUFFIXES
from converters.errors import InputError
from converters.identifiers import choose, without_version
from converters.text import COMPRESSED, lines_of, read_text

NAMES: dict[str, tuple[str, ...]] = {
    "profile": (".99.diff0.hhm.npy", ".hhm"),
    "alignment": tuple(SUFFIXES),
    "structure": (
        ".netsurfp2.json", ".netsurfp3.json", ".netsurfp.json",
        ".netsurfp2.csv", ".netsurfp3.csv", ".netsurfp.csv",
    ),
    "counts": (".aa.obs_exp.npy", ".obs_exp.tsv", ".aa.obs_exp.tsv"),
}  # fmt: skip
"""Suffixes of file names after the transcript's id, for each input, the preferred one first; upper
or lower case. Text may be compressed, with one of `converters.text.COMPRESSED` behind."""

FORMULA = ("=", "+", "-", "@")
"""First characters that make a spreadsheet run the text of a cell."""
LONGEST_LIST = 1 << 26
"""Most bytes of a list of ids that are read from a compressed file."""


def _ends(kind: str) -> tuple[str, ...]:
    plain = NAMES[kind]
    texts = [end for end in plain if not end.endswith(".npy")]
    return (*plain, *(end + packed for packed in COMPRESSED for end in texts))


_ENDS = {kind: _ends(kind) for kind in NAMES}
_PLACE = {end: (kind, place) for kind, ends in _ENDS.items() for place, end in enumerate(ends)}
_LONGEST_FIRST = sorted((end for ends in _ENDS.values() for end in ends), key=len, reverse=True)


class RawFiles(NamedTuple):
    """One transcript's inputs by kind; `unused` are files that others were preferred to.

    `others` are files that begin with the transcript's id and have no suffix that is read. Neutral
    values stand in for the inputs in `without`.
    """

    transcript: str
    paths: dict[str, Path]
    unused: tuple[str, ...]
    without: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Return the missing inputs, with file names that would be accepted."""
        return [
            f"{kind} ({' or '.join(self.transcript + end for end in ends[:2])})"
            for kind, ends in NAMES.items()
            if kind not in self.paths and kind not in self.without
        ]


class _Named(NamedTuple):
    """A raw file: the id in its name, its kind, its place among the kind's suffixes, its name."""

    transcript: str
    kind: str
    place: int
    name: str


class RawFolder:
    """A folder of raw files, listed once; raises OSError if it cannot be listed."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._files = defaultdict[str, list[_Named]](list)
        self._others = defaultdict[str, list[str]](list)
        for name in sorted(entry.name for entry in os.scandir(self.folder) if entry.is_file()):
            if name.startswith("."):
                continue
            if found := _named(name):
                self._files[without_version(found.transcript)].append(found)
            else:
                self._others[name.partition(".")[0]].append(name)

    def transcripts(self) -> list[str]:
        """Return all ids that have at least one raw file, sorted.

        Files of ENST1 and of ENST1.7 are those of one transcript, ENST1; where a folder has two
        versions of a transcript, each is a transcript of its own.
        """
        found = set[str]()
        for files in self._files.values():
            names = {file.transcript for file in files}
            plain = {name for name in names if name == without_version(name)}
            found |= plain if plain and len(names) == 2 else names
        return sorted(found)

    def find(self, transcript: str) -> RawFiles:
        """Return a transcript's files; if an input has several, the first in NAMES.

        Raises:
            InputError: an input is there for several versions, and none was asked for.
        """
        there = self._files.get(without_version(transcript), [])
        paths: dict[str, Path] = {}
        unused: list[str] = []
        for kind in NAMES:
            files = [file for file in there if file.kind == kind]
            where = f"{self.folder}, {kind}"
            named = choose(transcript, (file.transcript for file in files), where)
            ranked = sorted((f for f in files if f.transcript == named), key=lambda f: f.place)
            if ranked:
                paths[kind] = self.folder / ranked[0].name
                unused += [file.name for file in ranked[1:]]
        return RawFiles(transcript, paths, tuple(unused), others=self._similar(transcript))

    def _similar(self, transcript: str) -> tuple[str, ...]:
        """Return files of this transcript whose suffix is not read."""
        stem = without_version(transcript)
        return tuple(
            name for name in self._others.get(stem.partition(".")[0], ())
            if name.startswith((f"{stem}.", f"{transcript}."))
        )  # fmt: skip


def _named(name: str) -> _Named | None:
    """Read a file's name; None if it has no suffix of NAMES, or nothing before it."""
    lower = name.lower()
    end = next((end for end in _LONGEST_FIRST if lower.endswith(end)), None)
    if end is None or len(end) == len(name):
        return None
    return _Named(name[: -len(end)], *_PLACE[end], name)


def read_list(path: str | Path) -> list[str]:
    """Read ids of transcripts without repetitions; raises as `every_id`, and OSError."""
    return list(dict.fromkeys(every_id(path, list_lines(path))))


def list_lines(path: str | Path) -> Iterator[str]:
    """Yield the lines of a list of ids, of at most LONGEST_LIST bytes if it is compressed.

    Raises as `converters.text.read_text` does.
    """
    return lines_of(read_text(path, LONGEST_LIST))


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
        if not is_id(name):
            raise InputError(
                f"{path}, line {number}: {name[:60]!r} is not an id; expected one id per line"
            )
        found.append(name)
    if not found:
        raise InputError(f"{path}: contains no transcript; expected one id per line")
    return found


def is_id(name: str) -> bool:
    """Return whether a text can be an id: one word that is a file's name and no formula of a
    spreadsheet."""
    odd = len(name.split()) != 1 or "/" in name or not name.isprintable()
    return not odd and not name.startswith((".", *FORMULA))
