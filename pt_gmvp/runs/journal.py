"""Journals of runs: files of JSON lines."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converters.atomic import naming
from converters.errors import InputError


class Journal:
    """A file of JSON lines that can be cut back to the size it had at a checkpoint."""

    def __init__(self, path: Path, size: int = 0) -> None:
        """Open a file to continue after its first `size` bytes; InputError if it has fewer."""
        found = path.stat().st_size if path.exists() else 0
        if found < size:
            raise InputError(
                f"{path}: has {found} bytes, but had {size} at its checkpoint, so it has been "
                "changed; start over in another --out"
            )
        self._path = path
        self._file = open(path, "ab")  # noqa: SIM115 - open for the length of the run
        self._file.truncate(size)
        self._file.seek(size)

    def write(self, line: Mapping[str, Any]) -> None:
        """Append a line; NaN and infinities become null, which every JSON reader accepts."""
        finite = {key: None if _not_finite(value) else value for key, value in line.items()}
        with naming(self._path):
            self._file.write(json.dumps(finite, allow_nan=False).encode() + b"\n")
            self._file.flush()

    def sync(self) -> int:
        """Force all lines to disk; return the size of the file."""
        with naming(self._path):
            os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _not_finite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
