"""Finished scores, kept on disk until all are: append-only files of records.

A record is a transcript's scores and the stamp of its matrix, or a block's of given variants, and a
checksum. Each process writes to a
file of its own, one write a record; a record cut short, by a kill or a full disk, lacks its
checksum and is ignored. Nothing is ever overwritten, so that no finished work can be lost.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import N_AMINO_ACIDS
from converters.errors import InputError

SUFFIX = ".part"
_HEAD = struct.Struct("<4sHcIQQ")
_COLUMNS = {b"gMVP": N_AMINO_ACIDS, b"gMV1": 1}
"""Scores a row, by how a record begins: of all substitutions at a residue, or of one variant."""
_MAGIC = {columns: magic for magic, columns in _COLUMNS.items()}
_CHECKSUM = struct.Struct("<I")
_DTYPES: dict[bytes, np.dtype[Any]] = {b"f": np.dtype("<f4"), b"d": np.dtype("<f8")}
_LONGEST = 1 << 24
"""Residues; no protein is longer, so a header that says so is not one."""


class Part(NamedTuple):
    """Place of scores, `length` rows of `columns` at `offset` of a file.

    `name` is the transcript's id, and `stamp` that of the matrix that they were made from; of given
    variants, the block's name, and the number of its matrices that could not be used.
    """

    name: str
    stamp: tuple[int, int]
    file: Path
    offset: int
    length: int
    dtype: np.dtype[Any]
    columns: int = N_AMINO_ACIDS

    def read(self, first: int, last: int) -> tuple[NDArray[np.uint8], NDArray[np.floating[Any]]]:
        """Read the residues `first` to `last`, the latter excluded, and their scores.

        Returns:
            codes (n,) and scores (n, columns), in the dtype of the models.

        Raises:
            InputError: the file was truncated since it was found.
            OSError: it cannot be read.
        """
        row, number = self.columns * self.dtype.itemsize, last - first
        with open(self.file, "rb", buffering=0) as file:
            codes = os.pread(file.fileno(), number, self.offset + first)
            scores = os.pread(file.fileno(), number * row, self.offset + self.length + first * row)
        if len(codes) + len(scores) != number * (1 + row):
            raise InputError(f"{self.file}: has been changed; run the same command again")
        found = np.frombuffer(scores, self.dtype).reshape(number, self.columns)
        return np.frombuffer(codes, np.uint8), found


class PartWriter:
    """Writer of scores to a file of this process' own, to be closed at the end."""

    def __init__(self, folder: Path) -> None:
        self.path, self._file = _new_file(folder)
        self._size = 0

    def write(
        self,
        name: str,
        stamp: tuple[int, int],
        codes: NDArray[np.uint8],
        scores: NDArray[np.floating[Any]],
    ) -> None:
        """Append residues, (length,), and scores, (length, 20 or 1); see `Part` for the rest.

        Raises:
            InputError: it cannot be written; the records before it are intact.
        """
        encoded = name.encode()
        kind = scores.dtype.char.encode()
        head = _HEAD.pack(_MAGIC[scores.shape[1]], len(encoded), kind, len(codes), *stamp)
        values = scores.astype(_DTYPES[kind], copy=False).tobytes()
        body = b"".join((head, encoded, codes.tobytes(), values))
        record = memoryview(body + _CHECKSUM.pack(zlib.crc32(body)))
        try:
            written = 0
            while written < len(record):
                written += os.write(self._file, record[written:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise _unwritten(self.path, error) from None
        self._size += len(record)

    def close(self) -> None:
        """Force all to disk, or remove a file without records; InputError if the disk is full."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise _unwritten(self.path, error) from None
        finally:
            os.close(self._file)
            if not self._size:
                self.path.unlink(missing_ok=True)


def find_parts(folder: Path) -> Iterator[Part]:
    """Find every intact record in a folder; in a file, what follows a damaged one is ignored."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        yield from _find_in(path)


def _find_in(path: Path) -> Iterator[Part]:
    with open(path, "rb") as file:
        start = 0
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            magic, width, kind, length, *stamp = _HEAD.unpack(head)
            if magic not in _COLUMNS or kind not in _DTYPES or length > _LONGEST:
                return
            dtype, columns = _DTYPES[kind], _COLUMNS[magic]
            rest = width + length * (1 + columns * dtype.itemsize)
            body, checksum = file.read(rest), file.read(_CHECKSUM.size)
            if len(body) < rest or checksum != _CHECKSUM.pack(zlib.crc32(body, zlib.crc32(head))):
                return
            offset = start + _HEAD.size + width
            size, written = stamp
            name = body[:width].decode()
            yield Part(name, (size, written), path, offset, length, dtype, columns)
            start = file.tell()


def _new_file(folder: Path) -> tuple[Path, int]:
    """Create a file that no process had before, on a disk that several machines may share."""
    for number in count():
        path = folder / f"scores-{number:03}{SUFFIX}"
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritten(path, error) from None
    raise AssertionError  # numbers do not end


def _unwritten(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path}: cannot be written ({error.strerror or error}); finished scores are kept: "
        "free some space, and run the same command again to continue"
    )
