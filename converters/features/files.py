"""Feature matrices on disk, one `.npy` per transcript or, as in the original, one `.pickle`."""

import glob
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.columns import FEATURE_COLUMNS
from converters.errors import InputError
from converters.features.ranges import check_ranges
from converters.identifiers import choose, spellings
from converters.pickles import load_array

SUFFIXES = {"npy": ".npy", "pickle": ".pickle"}
_ENDS = tuple(SUFFIXES.values())
_PROTOCOL = 4  # as in the original, so that the files are the same


def find_matrix(folder: str | Path, transcript: str) -> Path | None:
    """Return a transcript's matrix, with or without version, as `identifiers.choose` decides.

    The newer one of a `.npy` and a `.pickle` is used, as the other may have older inputs. Of many
    transcripts, `MatrixFolder` finds each faster.

    Raises:
        InputError: only several versions of the transcript are there.
    """
    found = [path for name in spellings(transcript) for path in _matrices(folder, name)]
    if not found:
        versions = Path(folder).glob(f"{glob.escape(transcript)}.*")
        found = [path for path in versions if path.suffix in _ENDS and path.is_file()]
    name = choose(transcript, (path.stem for path in found), folder)
    named = [path for path in found if path.stem == name]
    return max(named, key=lambda path: path.stat().st_mtime_ns, default=None)


def _matrices(folder: str | Path, name: str) -> list[Path]:
    paths = [Path(folder) / f"{name}{suffix}" for suffix in _ENDS]
    return [path for path in paths if path.is_file()]


def load_matrix(path: str | Path) -> NDArray[np.float64]:
    """Read a feature matrix; code in a pickle is never run.

    Returns:
        (protein length, 435) float64, finite, C-contiguous.

    Raises:
        InputError: not an array, one of another shape, or a number that no such matrix has (NaN,
            or outside of `ranges.RANGES`), with its row and column.
        OSError: the file cannot be read.
    """
    path = Path(path)
    matrix = load_npy(path) if path.suffix == ".npy" else load_array(path)
    if matrix.ndim != 2 or matrix.shape[1] != FEATURE_COLUMNS or not len(matrix):
        raise InputError(
            f"{path}: array of shape {matrix.shape}; expected (protein length, {FEATURE_COLUMNS})"
        )
    matrix = finite(np.ascontiguousarray(matrix, dtype=np.float64), path)
    check_ranges(matrix, path)
    return matrix


def load_npy(path: str | Path) -> NDArray[Any]:
    """Read one numeric array, checking its declared size before memory is allocated.

    Raises:
        InputError: not a `.npy` file, a truncated one, or one that does not contain numbers.
        OSError: the file cannot be read.
    """
    try:
        # Mapping compares the declared shape with the file's length; reading would allocate it.
        # np.load maps too, but for other files its message suggests to unpickle them.
        mapped = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        if error.errno is not None:
            raise
        raise InputError(f"{path}: not a complete .npy file ({error})") from None
    except Exception as error:  # the header is parsed as Python source
        detail = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not a complete .npy file ({detail:.100})") from None
    if mapped.dtype.kind not in "fiub":
        raise InputError(f"{path}: contains dtype {mapped.dtype}; expected one array of numbers")
    return np.array(mapped)


def finite(matrix: NDArray[np.float64], path: str | Path) -> NDArray[np.float64]:
    """Return a (rows, columns) array unchanged; raise InputError for NaN or infinity."""
    good = np.isfinite(matrix)
    if not good.all():
        row, column = np.argwhere(~good)[0]
        raise InputError(
            f"{path}: contains {matrix[row, column]} in row {row}, column {column} (both from 0);"
            " expected finite numbers"
        )
    return matrix


def save_matrix(path: str | Path, matrix: NDArray[np.float64]) -> None:
    """Write a matrix atomically in the format of the suffix; raises OSError."""
    with file_beside(path) as partial, open(partial, "wb") as file:
        if Path(path).suffix == ".npy":
            np.lib.format.write_array(file, matrix, version=(1, 0), allow_pickle=False)
        else:
            pickle.dump(matrix, file, protocol=_PROTOCOL)
