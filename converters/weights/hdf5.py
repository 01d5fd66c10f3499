"""Careful HDF5 reader: damage raises WeightsError, and no linked file is ever opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from converters.errors import WeightsError

_HEAP = b"GCOL\x01\0\0\0"
LARGEST = 1 << 30
"""Most bytes of all datasets of a file together: a hundred times the weights of gMVP."""


class Budget:
    """Bytes that may still be read from a file, which may list one dataset again and again."""

    def __init__(self, path: Path, most: int | None = None) -> None:
        self._path = path
        self._most = self._left = LARGEST if most is None else most

    def take(self, size: int) -> None:
        """Account for an array before any is read; raise WeightsError if all are too large."""
        self._left -= size
        if self._left < 0:
            raise WeightsError(
                f"{self._path}: its arrays, each as often as it is listed, take more than"
                f" {self._most >> 20:,} MiB, too many for gMVP's weights; damaged?"
            )


@contextmanager
def open_hdf5(path: Path, content: BinaryIO | None = None) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, or its `content` if it lies inside another file at `path`.

    Raises:
        WeightsError: for whatever h5py raises on a damaged file, also inside the block.
    """
    try:
        _check_heaps(path, content.read() if content else path.read_bytes())
        with h5py.File(content or path, "r") as file:
            yield file
    except (WeightsError, FileNotFoundError):
        raise
    except Exception as error:  # h5py raises all kinds of errors for damaged files
        detail = " ".join(str(error).split()) or type(error).__name__
        raise WeightsError(
            f"{path}: cannot be read as HDF5; damaged or truncated? ({detail:.160})"
        ) from None


def _check_heaps(path: Path, content: bytes) -> None:
    """Check the global heaps, which hold names: on a damaged one the HDF5 library never returns.

    Format: section III.E of the HDF5 file format specification, version 3.
    """
    at = content.find(_HEAP)
    while at >= 0:
        end = at + int.from_bytes(content[at + 8 : at + 16], "little")
        place = at + 16
        while place + 16 <= min(end, len(content)):
            index = int.from_bytes(content[place : place + 2], "little")
            size = int.from_bytes(content[place + 8 : place + 16], "little")
            step = size if index == 0 else 16 + (size + 7) // 8 * 8
            if step < 16 or place + step > end:
                raise WeightsError(f"{path}: the HDF5 heap at byte {at} is damaged")
            place += step
        at = content.find(_HEAP, at + len(_HEAP))


def find_dataset(path: Path, owner: Any, name: str, budget: Budget) -> Any:
    """Return one dataset, not yet read; its size is accounted for in the `budget` of the file.

    Raises:
        WeightsError: it is missing, lies in another file, or is too large for a weight.
    """
    place = f"{path}: {owner.name.rstrip('/')}/{name}"
    item = _inside(owner, name)
    if not isinstance(item, h5py.Dataset):
        raise WeightsError(f"{place}: no such dataset in the file")
    if item.is_virtual or item.external:
        raise WeightsError(f"{place}: its values are in another file, which is not opened")
    if item.shape is None:
        raise WeightsError(f"{place}: holds no values; expected an array of weights")
    budget.take(item.nbytes)
    return item


def read_dataset(item: Any) -> NDArray[Any]:
    """Read a dataset into memory."""
    return np.asarray(item[()])


def child_group(path: Path, owner: Any, name: str) -> Any:
    """Return a subgroup; raise WeightsError if there is none."""
    item = _inside(owner, name)
    if not isinstance(item, h5py.Group):
        raise WeightsError(f"{path}: {owner.name.rstrip('/')}/{name}: no such group in the file")
    return item


def _inside(owner: Any, name: str) -> Any:
    """Follow a name within the file; return None if it is missing or links to another file."""
    item = owner
    for part in name.split("/"):
        if not isinstance(item, h5py.Group) or not isinstance(
            item.get(part, getlink=True), h5py.HardLink
        ):
            return None
        item = item[part]
    return item


def names_attribute(owner: Any, name: str) -> list[str] | None:
    """Read a list of names from an attribute, or return None if it is missing.

    Keras splits a list that is too long for one HDF5 attribute into `name0`, `name1`, ...
    """
    if name in owner.attrs:
        pieces = [owner.attrs[name]]
    else:
        pieces = []
        while f"{name}{len(pieces)}" in owner.attrs:
            pieces.append(owner.attrs[f"{name}{len(pieces)}"])
        if not pieces:
            return None
    return [text(item) for piece in pieces for item in np.atleast_1d(piece).tolist()]


def text(value: object) -> str:
    """Return a name as text; HDF5 gives bytes or str."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
