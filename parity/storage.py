"""Named arrays and a JSON header in one file, in the safetensors format.

Reading one cannot run code. safetensors stores texts next to the tensors; the header is one of
them, under the key "parity".
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from parity.arrays import Arrays
from parity.errors import InputError, describe
from parity.files import written_beside

_KEY = "parity"


def save(path: Path, arrays: Arrays, header: dict[str, Any]) -> None:
    """Write arrays and header atomically.

    Args:
        path: the file.
        arrays: any numeric or boolean arrays, by name.
        header: anything that JSON can hold.

    Raises:
        OSError: the file cannot be written, for instance on a full disk.
    """
    with saved_beside(path, arrays, {_KEY: json.dumps(header)}):
        pass


@contextmanager
def saved_beside(path: Path, arrays: Arrays, metadata: dict[str, str]) -> Iterator[None]:
    """Write a .safetensors file beside `path`, which it becomes at the end of the block.

    Raises OSError if it cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    # A transposed view would be stored in the order of its buffer.
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    with written_beside(path) as beside:
        # safetensors makes a new file readable only by its owner; ours gets the usual mode.
        beside.touch()
        permissions = beside.stat().st_mode
        try:
            save_file(contiguous, beside, metadata=metadata)
        except SafetensorError as error:
            raise OSError(f"{path} cannot be written: {error}") from error
        beside.chmod(permissions)
        yield


def header(path: Path) -> dict[str, Any]:
    """Return the header alone; raise InputError if this module did not write the file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as opened:
            found = json.loads((opened.metadata() or {})[_KEY])
    except OSError as error:
        raise InputError(f"{path} cannot be read: {describe(error)}") from error
    except SafetensorError as error:
        why = str(error).rpartition(": ")[2]
        raise InputError(f"{path} was not written by parity, or is damaged ({why})") from error
    except (KeyError, ValueError, RecursionError):  # no such text, no JSON, or nested too deep
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{path} contains tensors, but was not written by parity")
    return found


def load(path: Path, prefix: str = "") -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays whose names begin with `prefix`, and the header.

    Raises InputError if the file is damaged or was not written by this module.
    """
    from safetensors import SafetensorError, safe_open

    found = header(path)
    try:
        with safe_open(path, framework="numpy") as opened:
            names = [name for name in opened.keys() if name.startswith(prefix)]  # noqa: SIM118
            return {name: opened.get_tensor(name) for name in names}, found
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is damaged: {describe(error)}") from error
