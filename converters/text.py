"""Text files as people have them: UTF-8, with or without a byte order mark, gzipped or not."""

import gzip
import zlib
from pathlib import Path

from converters.errors import InputError

_GZIP = b"\x1f\x8b"


def read_text(path: str | Path, refusal: type[InputError] = InputError) -> str:
    """Read a whole text file, gunzipped if its first bytes say so.

    Raises:
        refusal: a damaged gzip stream, or bytes that are no UTF-8, with the file's name.
        OSError: the file cannot be read.
    """
    data = Path(path).read_bytes()
    if data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise refusal(f"{path}: not a whole gzip file ({error})") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal(f"{path}: byte {error.start} is no text; expected UTF-8") from None
