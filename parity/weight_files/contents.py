"""Contents of a weight file: named arrays, and how they are to be matched."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from parity.arrays import Array, Arrays
from parity.errors import InputError

Kind = Literal["named arrays", "Keras 2 HDF5", "Keras 3 weights", "TensorFlow checkpoint"]
"""Names that a file gives its arrays: as it likes, by layers in order, by path, or by object."""


@dataclass(frozen=True, eq=False)
class StoredArray:
    """One array of a weight file, with the layer that the file lists it under, or ""."""

    name: str
    array: Array
    layer: str = ""


@dataclass(frozen=True, eq=False)
class WeightFile:
    """The arrays of a weight file, without the state of optimizers and metrics."""

    path: Path
    kind: Kind
    arrays: tuple[StoredArray, ...]

    def by_name(self) -> Arrays:
        """Return the arrays by name."""
        return {stored.name: stored.array for stored in self.arrays}


def as_float32(path: Path, name: str, array: Array) -> Array:
    """Return an array in float32, contiguous; every value must be one of float32.

    Raises InputError for numbers of another kind, and for float64 that float32 cannot hold.
    """
    if array.dtype.kind != "f" and str(array.dtype) != "bfloat16":
        raise InputError(f"{path}: '{name}' is {array.dtype}; expected floating numbers")
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        single = np.array(array, dtype=np.float32, order="C")
        changed = array.dtype == np.float64 and not np.array_equal(
            single.astype(np.float64), array, equal_nan=True
        )
    if changed:
        raise InputError(
            f"{path}: '{name}' is float64 and holds values that float32 does not; convert it to "
            "float32 first, so that the rounding is yours"
        )
    return single


def same_bits(one: Array, other: Array) -> bool:
    """Return whether two arrays have the same dtype, shape and bits; NaN equals itself."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return one.tobytes() == other.tobytes() if one.size else True
