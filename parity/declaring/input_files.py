"""Records that a user names: a .npz or .npy file, or a folder with a .npy file for each input."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import InputSet
from parity.errors import InputError, unknown
from parity.weight_files.named_arrays import read_npz

EXPECTED = (
    "expected a .npz file with an array for each input, a .npy file for a port with one input, or "
    "a folder with a file NAME.npy for each"
)


@dataclass(frozen=True)
class RecordShape:
    """Shape of one record of an input, without the batch axis, and the dtype of the input."""

    shape: tuple[int, ...]
    dtype: str


def is_array_source(source: str) -> bool:
    """Return whether a name is that of a .npz or .npy file, or of a folder that holds .npy files.

    The file need not exist.
    """
    path = Path(source)
    return path.suffix in (".npz", ".npy") or (path.is_dir() and any(path.glob("*.npy")))


def read_inputs(
    source: str, expected: Mapping[str, RecordShape], count: int, exactly: int | None = None
) -> InputSet:
    """Read at most `count` records of each input, cast to the dtype of the input.

    With `exactly`, there must be at least that number, which every run takes. Raises InputError if
    the file cannot be read, lacks an input, holds another array, or holds records of another shape,
    kind or number. Nothing in the file is executed.
    """
    found = _arrays(Path(source), list(expected))
    for name in found:
        if name not in expected:
            raise InputError(f"{source}: {unknown('input', name, expected)}")
    if missing := [name for name in expected if name not in found]:
        raise InputError(
            f"{source} has no array for the input '{missing[0]}'; it holds {', '.join(found)}"
        )
    arrays = {name: _records(source, name, found[name], one) for name, one in expected.items()}
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} {number}" for name, number in counts.items())
        raise InputError(f"{source}: the inputs have different numbers of records: {listed}")
    held = next(iter(counts.values()), 0)
    if exactly is not None and held < exactly:
        raise InputError(f"{source} holds {held} records; every run takes {exactly}")
    return InputSet(source, {name: array[:count] for name, array in arrays.items()})


def _arrays(path: Path, names: list[str]) -> Arrays:
    if path.is_dir():
        files = sorted(path.glob("*.npy"))
        if not files:
            raise InputError(f"{path} contains no .npy file; {EXPECTED}")
        return {file.stem: _array(file) for file in files}
    if not path.is_file():
        raise InputError(f"no file or folder {path}; {EXPECTED}, or 'random'")
    if path.suffix == ".npy":
        if len(names) > 1:
            raise InputError(
                f"{path} is one array, but the port has the inputs {', '.join(names)}; give a .npz "
                "file with these names"
            )
        return {names[0]: _array(path)}
    if path.suffix != ".npz":
        raise InputError(f"{path} cannot be read as inputs; {EXPECTED}")
    return read_npz(path)


def _array(path: Path) -> Array:
    try:
        with open(path, "rb") as file:
            found = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path} cannot be read as a .npy file of numbers: {error}; write one with numpy.save"
        ) from error
    if not isinstance(found, np.ndarray):
        raise InputError(f"{path} is not a .npy file of one array; write it with numpy.save")
    return found


def _records(source: str, name: str, found: Array, expected: RecordShape) -> Array:
    """Return an input's records in its dtype; integers are never made of fractions."""
    if found.ndim < 1 or found.shape[1:] != expected.shape:
        raise InputError(
            f"{source}: the input '{name}' is an array {found.shape}; expected records of "
            f"{expected.shape}, batch first, as the port declares"
        )
    if not len(found):
        raise InputError(f"{source}: the input '{name}' has no records")
    wanted = np.dtype(expected.dtype)
    fits = {"f": "fiub", "i": "iub", "u": "iub", "b": "b"}.get(wanted.kind, wanted.kind)
    if found.dtype.kind not in fits:
        raise InputError(
            f"{source}: the input '{name}' is {found.dtype}; expected {expected.dtype}"
        )
    if wanted.kind in "iu" and found.size and found.dtype.kind in "iu":
        held = np.iinfo(wanted)
        if int(found.min()) < held.min or int(found.max()) > held.max:
            raise InputError(
                f"{source}: the input '{name}' holds numbers that {expected.dtype} does not"
            )
    return np.ascontiguousarray(found.astype(wanted))
