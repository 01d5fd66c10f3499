"""Weights as float32: what changes on the way is said, and what would be lost is refused."""

import numpy as np
from numpy.typing import NDArray

from converters.weights.errors import Mismatch, WeightsError, shape_text
from converters.weights.sources import Tensor


def as_float32(tensor: Tensor, warnings: list[str]) -> NDArray[np.float32]:
    """Return a tensor's values as native, contiguous float32.

    float32 keeps its bits and float16 its values; float64 is rounded to the nearest float32, with
    a warning when that changes a value.

    Raises:
        WeightsError: Another dtype, or a value too large for float32.
    """
    array = tensor.array
    if array.dtype.kind != "f" or array.dtype.itemsize not in (2, 4, 8):
        row = Mismatch(tensor.name, shape_text(tensor.shape), "float32")
        raise WeightsError(f"{tensor.name}: dtype {array.dtype}, expected float32", [row])
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        values = np.ascontiguousarray(array, dtype=np.float32).reshape(array.shape)
        back = values.astype(array.dtype)
    if np.any(np.isinf(back) & np.isfinite(array)):
        raise WeightsError(f"{tensor.name}: {array.dtype} values too large for float32")
    changed = int(np.count_nonzero((back != array) & ~np.isnan(array)))
    if changed:
        worst = np.nanmax(np.abs(back.astype(np.float64) - array.astype(np.float64)))
        warnings.append(
            f"{tensor.name}: {array.dtype}, {changed} of {array.size} values rounded to float32,"
            f" by at most {worst:.2g}"
        )
    if not np.all(np.isfinite(values)):
        count = int(np.count_nonzero(~np.isfinite(values)))
        warnings.append(f"{tensor.name}: {count} of {array.size} values are NaN or infinite")
    return values
