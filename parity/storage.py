"""Named arrays with what is to be known of them, in one file: safetensors with a JSON header.

Nothing that is read can run code. What safetensors keeps beside the tensors are texts; the header
goes in as one of them, JSON under the key "parity".
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from parity.arrays import Arrays
from parity.errors import InputError, describe

_KEY = "parity"


def save(path: Path, arrays: Arrays, header: dict[str, Any]) -> None:
    """Write arrays and header, beside their place and then renamed.

    Args:
        path: the file.
        arrays: any numeric or boolean arrays, by name.
        header: what JSON can hold.

    Raises:
        OSError: it cannot be written, as on a full disk.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    beside = path.with_name(f".{path.name}.{os.getpid()}")
    # A transposed view would be stored as its buffer lies.
    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    try:
        # safetensors makes it for its owner alone; this one has the rights of any new file.
        beside.touch()
        rights = beside.stat().st_mode
        save_file(whole, beside, metadata={_KEY: json.dumps(header)})
        beside.chmod(rights)
        os.replace(beside, path)
    except SafetensorError as error:
        raise OSError(f"{path} cannot be written: {error}") from error
    finally:
        beside.unlink(missing_ok=True)


def header(path: Path) -> dict[str, Any]:
    """The header alone; InputError if the file is none of this module's."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as opened:
            found = json.loads((opened.metadata() or {})[_KEY])
    except OSError as error:
        raise InputError(f"{path} cannot be read: {describe(error)}") from error
    except SafetensorError as error:
        why = str(error).rpartition(": ")[2]
        raise InputError(f"{path} is no file of parity's, or is damaged ({why})") from error
    except (KeyError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{path} is a file of tensors, but none of parity's")
    return found


def load(path: Path, prefix: str = "") -> tuple[Arrays, dict[str, Any]]:
    """The arrays whose names begin with `prefix`, and the header.

    Raises InputError if the file is damaged or none of this module's.
    """
    from safetensors import SafetensorError, safe_open

    found = header(path)
    try:
        with safe_open(path, framework="numpy") as opened:
            names = [name for name in opened.keys() if name.startswith(prefix)]  # noqa: SIM118
            return {name: opened.get_tensor(name) for name in names}, found
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is damaged: {describe(error)}") from error
