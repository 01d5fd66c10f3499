"""Feature matrices on disk: one `.npy` or, as the original has it, one `.pickle` a transcript."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.columns import FEATURE_COLUMNS
from converters.errors import InputError
from converters.identifiers import spellings
from converters.pickles import PickleRefusedError, load_array

SUFFIXES = {"npy": ".npy", "pickle": ".pickle"}
_PROTOCOL = 4  # the original's, so that its files and ours are the same bytes


def find_matrix(folder: str | Path, transcript: str) -> Path | None:
    """Find a transcript's matrix, by its id and else by the id without its version (ENST1.7).

    Of a `.npy` and a `.pickle` the one written last counts: the other may be of older inputs.
    """
    for name in spellings(transcript):
        paths = [Path(folder) / f"{name}{suffix}" for suffix in SUFFIXES.values()]
        found = [path for path in paths if path.is_file()]
        if found:
            return max(found, key=lambda path: path.stat().st_mtime_ns)
    return None


def load_matrix(path: str | Path) -> NDArray[np.float64]:
    """Read a feature matrix; nothing in a pickle is run.

    Returns:
        (protein length, 435) float64, finite, C-contiguous.

    Raises:
        InputError: another shape, a number that is not finite, or a file that is no such array.
        OSError: the file cannot be read.
    """
    path = Path(path)
    if path.suffix == ".npy":
        matrix = load_npy(path)
    else:
        try:
            matrix = load_array(path)
        except PickleRefusedError as error:
            raise InputError(str(error)) from None
    if matrix.ndim != 2 or matrix.shape[1] != FEATURE_COLUMNS or not len(matrix):
        raise InputError(
            f"{path}: is an array of {matrix.shape}; expected (protein length, {FEATURE_COLUMNS})"
        )
    return finite(np.ascontiguousarray(matrix, dtype=np.float64), path)


def load_npy(path: str | Path) -> NDArray[Any]:
    """Read one numeric array; its declared size is held against the file's before memory is taken.

    Raises:
        InputError: no `.npy` file, one cut short, or one that holds anything but numbers.
        OSError: the file cannot be read.
    """
    try:
        # Mapping checks the declared shape against the file's length; reading would allocate it.
        # np.load does so too, but of a file that is none its message advises to unpickle it.
        mapped = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        if error.errno is not None:
            raise
        raise InputError(f"{path}: not a whole .npy file ({error})") from None
    except Exception as error:  # the header is Python source, whose parser raises almost anything
        detail = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not a whole .npy file ({detail:.100})") from None
    if mapped.dtype.kind not in "fiub":
        raise InputError(f"{path}: holds {mapped.dtype}; expected one array of numbers")
    return np.array(mapped)


def finite(matrix: NDArray[np.float64], path: str | Path) -> NDArray[np.float64]:
    """Return a (rows, columns) array as it is; InputError for one with NaN or infinity."""
    good = np.isfinite(matrix)
    if not good.all():
        row, column = np.argwhere(~good)[0]
        raise InputError(
            f"{path}: holds {matrix[row, column]} in row {row}, column {column} (both from 0);"
            " expected finite numbers"
        )
    return matrix


def save_matrix(path: str | Path, matrix: NDArray[np.float64]) -> None:
    """Write a matrix as its suffix says; the file appears whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    with file_beside(path) as partial, open(partial, "wb") as file:
        if Path(path).suffix == ".npy":
            np.lib.format.write_array(file, matrix, version=(1, 0), allow_pickle=False)
        else:
            pickle.dump(matrix, file, protocol=_PROTOCOL)
