"""Matrices to score, read in advance; one that cannot be used is noted, and the rest goes on."""

from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.files import load_matrix
from pt_gmvp.config import SPECIES
from pt_gmvp.data.readahead import read_ahead
from pt_gmvp.model import ALIGNMENT, RESIDUE
from pt_gmvp.scoring.transcripts import Task

_RESIDUES = (slice(RESIDUE, RESIDUE + 1), slice(ALIGNMENT.start, ALIGNMENT.start + SPECIES))


class Read(NamedTuple):
    """A task with its matrix, (length, 435) float32."""

    task: Task
    matrix: NDArray[np.float32]


class Reader:
    """Gives tasks with their matrices; `failures` is why a transcript could not be read, by id."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}

    def read(self, tasks: Iterable[Task]) -> Generator[Read, None, None]:
        """Read one after the other, by a thread that is two ahead."""
        with closing(read_ahead(self._read(tasks))) as found:
            yield from found

    def _read(self, tasks: Iterable[Task]) -> Generator[Read, None, None]:
        for task in tasks:
            try:
                yield Read(task, read_matrix(task.path))
            except InputError as error:
                self.failures[task.transcript] = str(error)
            except OSError as error:
                self.failures[task.transcript] = f"{task.path}: {error.strerror or error}"


def read_matrix(path: Path) -> NDArray[np.float32]:
    """Read a matrix as the model takes it.

    Raises:
        InputError: naming the file: no such array, or a number that the model would refuse.
        OSError: it cannot be read.
    """
    exact = load_matrix(path)
    for columns in _RESIDUES:
        _check(path, exact, columns, exact[:, columns] > -1, "expected a residue code, 0 to 20")
    with np.errstate(over="ignore"):
        matrix = exact.astype(np.float32)
    _check(path, exact, slice(None), np.isfinite(matrix), "expected what float32 can hold")
    return matrix


def _check(
    path: Path,
    matrix: NDArray[np.float64],
    columns: slice,
    good: NDArray[np.bool_],
    expected: str,
) -> None:
    if good.all():
        return
    row, column = np.argwhere(~good)[0]
    column += columns.start or 0
    raise InputError(
        f"{path}: holds {matrix[row, column]:g} in row {row}, column {column} (both from 0); "
        f"{expected}"
    )
