"""Text files in UTF-8, with or without a byte order mark, plain or gzipped; and JSON."""

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converters.errors import InputError

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
LONGEST = 1 << 30
"""Most bytes of uncompressed text that are read from a compressed file."""


def read_text(path: str | Path) -> str:
    """Read a whole text file, gunzipped if it begins with gzip's magic number.

    Raises:
        InputError: a damaged gzip stream, one that expands to more than LONGEST bytes, or bytes
            that are not UTF-8.
        OSError: the file cannot be read.
    """
    data = Path(path).read_bytes()
    if data.startswith(_GZIP):
        try:
            data = _gunzipped(data)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(f"{path}: not a complete gzip file ({error})") from None
        if len(data) > LONGEST:
            raise InputError(
                f"{path}: expands to more than {LONGEST >> 30} GiB of text; gunzip it first if"
                " that is intended"
            )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8 text") from None


def _gunzipped(data: bytes) -> bytes:
    """Uncompress data, stopping soon after LONGEST bytes."""
    parts, size = [], 0
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        while size <= LONGEST and (part := file.read(_CHUNK)):
            parts.append(part)
            size += len(part)
    return b"".join(parts)


def as_json(content: Mapping[str, Any]) -> str:
    """Format JSON as in every file of this project."""
    return json.dumps(content, indent=2) + "\n"
