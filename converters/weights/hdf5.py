"""Careful reading of HDF5: damage becomes WeightsError, and no other file is ever opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from converters.weights.errors import WeightsError

_HEAP = b"GCOL\x01\0\0\0"
LARGEST = 4 << 30
"""Bytes above which one dataset is taken for damage, not for a weight."""


@contextmanager
def opened(path: Path, content: BinaryIO | None = None) -> Iterator[Any]:
    """Open an HDF5 file to read, or its `content` where it lies inside another file at `path`.

    Raises:
        WeightsError: On whatever h5py raises for a damaged file, inside the block as well.
    """
    try:
        _check_heaps(path, content.read() if content else path.read_bytes())
        with h5py.File(content or path, "r") as file:
            yield file
    except WeightsError:
        raise
    except FileNotFoundError:
        raise
    except Exception as error:  # h5py raises almost anything on damaged files
        detail = " ".join(str(error).split()) or type(error).__name__
        raise WeightsError(
            f"{path}: cannot be read as HDF5, damaged or cut short ({detail:.160})"
        ) from None


def _check_heaps(path: Path, content: bytes) -> None:
    """Walk the global heaps, where names are kept: on a damaged one HDF5's own walk never ends.

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


def read_dataset(path: Path, owner: Any, name: str) -> NDArray[Any]:
    """Read one dataset into memory.

    Raises:
        WeightsError: It is missing, lies in another file, or cannot be a weight.
    """
    place = f"{path}: {owner.name.rstrip('/')}/{name}"
    item = _inside(owner, name)
    if not isinstance(item, h5py.Dataset):
        raise WeightsError(f"{place}: no such dataset in the file")
    if item.is_virtual or item.external:
        raise WeightsError(f"{place}: its values lie in another file, which is not opened")
    if item.shape is None or item.nbytes > LARGEST:
        raise WeightsError(f"{place}: {item.nbytes} bytes are no weight of this model; damaged?")
    return np.asarray(item[()])


def child_group(path: Path, owner: Any, name: str) -> Any:
    """Return a subgroup; raises WeightsError where there is none."""
    item = _inside(owner, name)
    if not isinstance(item, h5py.Group):
        raise WeightsError(f"{path}: {owner.name.rstrip('/')}/{name}: no such group in the file")
    return item


def _inside(owner: Any, name: str) -> Any:
    """Follow a name within the file; None for what is missing or only linked from elsewhere."""
    item = owner
    for part in name.split("/"):
        if not isinstance(item, h5py.Group) or not isinstance(
            item.get(part, getlink=True), h5py.HardLink
        ):
            return None
        item = item[part]
    return item


def names_attribute(owner: Any, name: str) -> list[str] | None:
    """Read a list of names from an attribute, whole or in Keras' numbered pieces; None if absent.

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
    """Read a name, which HDF5 gives as bytes or as str."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
