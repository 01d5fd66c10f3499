"""Folder of feature matrices, listed once to look up thousands of transcripts quickly."""

import os
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from converters.features.files import SUFFIXES
from converters.identifiers import Names


class MatrixFile(NamedTuple):
    """A transcript's file, its size in bytes, and its modification time in nanoseconds."""

    path: Path
    size: int
    written: int


class MatrixFolder:
    """The matrices of a folder; raises OSError if it cannot be listed."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._files = defaultdict[str, list[MatrixFile]](list)
        for entry in os.scandir(self.folder):
            name, suffix = os.path.splitext(entry.name)
            if suffix in SUFFIXES.values() and not name.startswith(".") and entry.is_file():
                there = entry.stat()
                found = MatrixFile(self.folder / entry.name, there.st_size, there.st_mtime_ns)
                self._files[name].append(found)
        self._names = Names(self._files, self.folder)

    def transcripts(self) -> list[str]:
        """Return all ids that have a matrix, sorted."""
        return sorted(self._files)

    def find(self, transcript: str) -> MatrixFile | None:
        """Return a transcript's matrix by the rule of `find_matrix`, and raise as it does."""
        name = self._names.find(transcript)
        return None if name is None else max(self._files[name], key=lambda file: file.written)

    def in_two_formats(self, transcript: str) -> bool:
        """Return whether the file that `find` returns was preferred to one in another format."""
        name = self._names.find(transcript)
        return name is not None and len(self._files[name]) > 1
