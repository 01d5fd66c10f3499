"""Output of a table of scores: a file or a stream, in one of three formats."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.errors import InputError
from pt_gmvp.scoring.formatting import HEADER, bgzip, substitutions

_AT_ONCE = 8192
"""Residues formatted at a time: 7 MB of text."""


class Form(Enum):
    """Format of a table, by the end of its file's name."""

    TSV = ".tsv"
    TSV_GZ = ".tsv.gz"
    PARQUET = ".parquet"


class Output:
    """Output by name; `-` and anything but a plain file, such as a pipe, is a stream.

    Raises:
        InputError: the name has no known ending, is a folder, or its folder does not exist.
    """

    def __init__(self, name: str) -> None:
        self.path = Path(name)
        self.stream = name == "-" or (self.path.exists() and not self.path.is_file())
        if self.path.is_dir():
            raise InputError(f"{name}: is a folder; expected a file to write")
        self.form = next((form for form in Form if name.endswith(form.value)), Form.TSV)
        if self.stream:
            if self.form is Form.PARQUET:
                raise InputError(f"{name}: parquet cannot be written to a stream; name a file")
            return
        if not name.endswith(self.form.value):
            known = ", ".join(form.value for form in Form)
            raise InputError(f"{name}: expected a name that ends in {known}; or - for a stream")
        if not self.path.resolve().parent.is_dir():
            raise InputError(f"{name}: its folder does not exist; create it first")

    def __str__(self) -> str:
        return "standard output" if str(self.path) == "-" else str(self.path)


class TextWriter:
    """Writer of lines to an open file or stream, compressed or not."""

    def __init__(self, file: BinaryIO, form: Form) -> None:
        self._file, self._compressed = file, form is Form.TSV_GZ

    def write(self, text: bytes) -> None:
        """Write whole lines."""
        self.write_encoded(bgzip(text) if self._compressed else text)

    def write_encoded(self, encoded: bytes) -> None:
        """Write lines that are compressed already if the format is."""
        left = memoryview(encoded)
        # Under PYTHONUNBUFFERED, if the disk is full or the reader gone, standard output accepts a
        # part, and only the next call raises.
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
    """Open an output and write its header; a file appears whole or not at all."""
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
        raise InputError(
            f"{output}: {error.strerror or error}; what was written is not a complete table"
        ) from None
