"""Search for the next valid frame of a TFRecord file after a damaged length.

Any byte offset may be the head of a frame: a plausible length and its checksum. A crc32c of eight
bytes is the exclusive or of one table entry per byte, so all offsets of a chunk are tested at once;
the few that remain are decided by the checksum of the payload.
"""

from functools import cache

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from converters.records.tfrecord import HEAD, LONGEST, Stream, masked_crc32c

_CHUNK = 1 << 22
_BUDGET = 1 << 33
"""Bytes to read for false heads before giving up the search, for instance in a hostile file."""


def is_head(head: bytes) -> bool:
    """Return whether 12 bytes are a frame's length and its checksum."""
    return len(head) == HEAD.size and masked_crc32c(head[:8]) == HEAD.unpack(head)[1]


@cache
def _tables() -> NDArray[np.uint32]:
    """Return what each value of the length's four low bytes adds to its crc32c, (4, 256)."""
    nothing = google_crc32c.value(bytes(8))
    return np.array(
        [
            [
                google_crc32c.value((value << 8 * place).to_bytes(8, "little")) ^ nothing
                for value in range(256)
            ]
            for place in range(4)
        ],
        np.uint32,
    )


def heads(chunk: bytes) -> NDArray[np.intp]:
    """Return all offsets of a chunk where a whole head with a length up to LONGEST begins."""
    data = np.frombuffer(chunk, np.uint8)
    count = len(data) - HEAD.size + 1
    if count <= 0:
        return np.zeros(0, np.intp)
    # The four high bytes of a length below LONGEST = 2^28 are zero, which excludes most offsets.
    small = data[3 : 3 + count] <= LONGEST >> 24
    for place in range(4, 8):
        small &= data[place : place + count] == 0
    found = np.flatnonzero(small)
    crc = np.full(len(found), google_crc32c.value(bytes(8)), np.uint32)
    for place in range(4):
        crc ^= _tables()[place][data[found + place]]
    masked = (crc >> 15 | crc << 17) + np.uint32(0xA282EAD8)
    held = np.zeros(len(found), np.uint32)
    for place in range(4):
        held |= data[found + 8 + place].astype(np.uint32) << np.uint32(8 * place)
    matching: NDArray[np.intp] = found[masked == held]
    return matching


def next_frame(stream: Stream, start: int) -> tuple[int, bool]:
    """Find the first valid frame that begins at `start` or later.

    Returns:
        Its offset and False, or the offset of the end of the file and True.

    Raises:
        TimeoutError: there are so many false heads that the search would take too long.
        Ended: the gzip stream is damaged.
    """
    budget = _BUDGET
    stream.seek(start)
    rest = b""
    while True:
        # Keep bytes in which a head may have begun: going back in a compressed stream is slow.
        chunk = rest + stream.read(_CHUNK)
        found_any = False
        for found in heads(chunk):
            found_any = True
            offset = start + int(found)
            size = _read_frame_at(stream, offset)
            if size is None:
                return offset, False
            # To go back, a compressed stream is read again from its beginning.
            budget -= size + (offset if stream.gzipped else 0)
            if budget < 0:
                raise TimeoutError("too many false heads follow; gave up the search")
        if len(chunk) - len(rest) < _CHUNK:
            return start + len(chunk), True
        rest = chunk[1 - HEAD.size :]
        start += len(chunk) - len(rest)
        if found_any:
            stream.seek(start + len(rest))


def _read_frame_at(stream: Stream, offset: int) -> int | None:
    """Read the frame at a head; return None if it is valid, else the number of bytes read."""
    stream.seek(offset)
    length, _ = HEAD.unpack(stream.read(HEAD.size))
    if length + 16 > stream.left(offset):
        return 16
    payload, tail = stream.read(length), stream.read(4)
    if len(tail) == 4 and masked_crc32c(payload).to_bytes(4, "little") == tail:
        return None
    return len(payload) + 16
