"""SHA-256 digests of arrays, options and files."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.weight import Options


def of_array(array: Array) -> str:
    """Return the digest of an array's dtype, shape and elements in C order."""
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    digest.update(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"")
    return digest.hexdigest()


def of_arrays(arrays: Arrays) -> dict[str, str]:
    """Return the digest of each array, by name."""
    return {name: of_array(array) for name, array in arrays.items()}


def of_weights(weights: Arrays) -> str:
    """Return one digest of all weights, including their names and order."""
    return hashlib.sha256(json.dumps(of_arrays(weights)).encode()).hexdigest()


def of_file(path: Path) -> str:
    """Return the digest of a file's content; raise OSError if it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_options(options: Options) -> dict[str, Any]:
    """Return options as JSON values; anything else becomes a reproducible text."""
    restored: dict[str, Any] = json.loads(json.dumps(dict(options), sort_keys=True, default=_text))
    return restored


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array {of_array(value)}"
    if isinstance(value, np.generic):
        return repr(value.item())
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"
