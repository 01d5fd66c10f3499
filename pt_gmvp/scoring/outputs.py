"""Where a table of scores goes, and in which format."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from pt_gmvp.scoring.errors import ScoreError
from pt_gmvp.scoring.formatting import HEADER, bgzipped, substitutions

_AT_ONCE = 8192
"""Residues formatted at a time: 7 MB of text."""


class Form(Enum):
    """The formats of a table, by the end of its file's name."""

    TSV = ".tsv"
    TSV_GZ = ".tsv.gz"
    PARQUET = ".parquet"


class Output:
    """An output as it was named: `-` and what is no plain file, such as a pipe, are streams.

    Raises:
        ScoreError: a name that says no format, a folder, or no folder to write in.
    """

    def __init__(self, name: str) -> None:
        self.path = Path(name)
        self.stream = name == "-" or (self.path.exists() and not self.path.is_file())
        if self.path.is_dir():
            raise ScoreError(f"{name}: is a folder; expected a file to be written")
        self.form = next((form for form in Form if name.endswith(form.value)), Form.TSV)
        if self.stream:
            if self.form is Form.PARQUET:
                raise ScoreError(f"{name}: parquet cannot be written to a stream; name a file")
            return
        if not name.endswith(self.form.value):
            known = ", ".join(form.value for form in Form)
            raise ScoreError(f"{name}: expected a name that ends in {known}; or - for a pipe")
        if not self.path.resolve().parent.is_dir():
            raise ScoreError(f"{name}: there is no folder to write in; make it first")

    def __str__(self) -> str:
        return "standard output" if str(self.path) == "-" else str(self.path)


class TextWriter:
    """Writes lines to a file or stream that is open, compressed or not."""

    def __init__(self, file: BinaryIO, form: Form) -> None:
        self._file, self._compressed = file, form is Form.TSV_GZ

    def write(self, text: bytes) -> None:
        """Write whole lines."""
        self.write_made(bgzipped(text) if self._compressed else text)

    def write_made(self, made: bytes) -> None:
        """Write lines that are compressed already, if they are to be."""
        left = memoryview(made)
        # Under PYTHONUNBUFFERED standard output takes a part, where the disk is full or the reader
        # gone, and only the next call says so.
        while left:
            left = left[self._file.write(left) :]

    def substitutions(
        self, transcript: str, codes: NDArray[np.uint8], scores: NDArray[np.floating[Any]]
    ) -> None:
        """Write all substitutions of a transcript; see `formatting.substitutions`."""
        for first in range(0, len(codes), _AT_ONCE):
            rows = slice(first, first + _AT_ONCE)
            self.write(substitutions(transcript, first, codes[rows], scores[rows]))


@contextmanager
def text_writer(output: Output) -> Iterator[TextWriter]:
    """Open an output for lines, its header written; a file appears whole or not at all."""
    with _opened(output) as file:
        writer = TextWriter(file, output.form)
        writer.write(HEADER)
        yield writer
        if output.form is Form.TSV_GZ:
            writer.write(b"")
        file.flush()


@contextmanager
def _opened(output: Output) -> Iterator[BinaryIO]:
    if not output.stream:
        with file_beside(output.path) as partial, open(partial, "wb") as file:
            yield file
        return
    try:
        if str(output.path) == "-":
            yield sys.stdout.buffer
            return
        with open(output.path, "wb") as file:
            yield file
    except OSError as error:
        if isinstance(error, BrokenPipeError) or error.filename:
            raise
        raise ScoreError(
            f"{output}: {error.strerror or error}; what came out until then is no whole table"
        ) from None
