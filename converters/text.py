"""Text files as people have them: UTF-8, with or without a byte order mark, gzipped or not."""

import gzip
import io
import zlib
from pathlib import Path

from converters.errors import InputError

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
LONGEST = 1 << 30
"""Bytes that a compressed text may have when it is uncompressed."""


def read_text(path: str | Path, refusal: type[InputError] = InputError) -> str:
    """Read a whole text file, gunzipped if its first bytes say so.

    Raises:
        refusal: with the file's name, a damaged gzip stream, one of more than LONGEST bytes, or
            bytes that are no UTF-8.
        OSError: the file cannot be read.
    """
    data = Path(path).read_bytes()
    if data.startswith(_GZIP):
        try:
            data = _gunzipped(data)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise refusal(f"{path}: not a whole gzip file ({error})") from None
        if len(data) > LONGEST:
            raise refusal(
                f"{path}: holds more than {LONGEST >> 30} GiB of text; gunzip it if that is meant"
            )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal(f"{path}: byte {error.start} is no text; expected UTF-8") from None


def _gunzipped(data: bytes) -> bytes:
    """Uncompress, but no more than shows that it is too much."""
    parts, size = [], 0
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        while size <= LONGEST and (part := file.read(_CHUNK)):
            parts.append(part)
            size += len(part)
    return b"".join(parts)
