"""Fingerprints of arrays, options and files."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.weight import Options

_CHUNK = 1 << 22


def of_array(array: Array) -> str:
    """SHA-256 of the dtype, the shape and the elements as they lie in C order."""
    found = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    found.update(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"")
    return found.hexdigest()


def of_arrays(arrays: Arrays) -> dict[str, str]:
    """The digest of each array by its name."""
    return {name: of_array(array) for name, array in arrays.items()}


def of_weights(weights: Arrays) -> str:
    """One digest of all weights, names and order included."""
    return hashlib.sha256(json.dumps(of_arrays(weights)).encode()).hexdigest()


def of_file(path: Path) -> str:
    """SHA-256 of a file's content; OSError if it cannot be read."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def of_options(options: Options) -> dict[str, Any]:
    """Options as JSON has them, what it cannot hold by the name of its type or of itself."""
    found: dict[str, Any] = json.loads(json.dumps(dict(options), sort_keys=True, default=_named))
    return found


def _named(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array {of_array(value)}"
    if isinstance(value, np.generic):
        return repr(value.item())
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"
