"""Finding the next sound frame of a TFRecord file whose lengths can no longer be followed.

Every byte offset may be a frame's head: a length that some payload can have, and its checksum. A
crc32c of eight bytes is an exclusive or of one table entry a byte, so all offsets of a chunk are
looked at together; few are left, and of these the payload's checksum decides.
"""

from functools import cache

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from converters.records.tfrecord import HEAD, LONGEST, Stream, masked_crc32c

_CHUNK = 1 << 22
_BUDGET = 1 << 33
"""Bytes that may be read for heads that prove false, before a hostile file is given up."""


def is_head(head: bytes) -> bool:
    """Tell whether 12 bytes are a frame's length and its checksum."""
    return len(head) == HEAD.size and masked_crc32c(head[:8]) == HEAD.unpack(head)[1]


@cache
def _tables() -> NDArray[np.uint32]:
    """(4, 256): what each value of the length's four low bytes adds to crc32c of the length."""
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
    """Find every offset of a chunk at which a head of at most LONGEST bytes lies whole."""
    data = np.frombuffer(chunk, np.uint8)
    count = len(data) - HEAD.size + 1
    if count <= 0:
        return np.zeros(0, np.intp)
    # A length below LONGEST = 2^28 has four high bytes of zero: most offsets end here.
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
    """Find the first offset from `start` on where a whole frame checks out.

    Returns:
        Its offset and False, or the end's offset and True.

    Raises:
        TimeoutError: So many false heads that the search would take too long.
        Ended: of converters.records.tfrecord, for a damaged gzip stream.
    """
    budget = _BUDGET
    stream.seek(start)
    rest = b""
    while True:
        # What a head may have begun in is kept: to go back in a compressed stream is to begin anew.
        chunk = rest + stream.read(_CHUNK)
        found_any = False
        for found in heads(chunk):
            found_any = True
            offset = start + int(found)
            size = _sound(stream, offset)
            if size is None:
                return offset, False
            # A compressed stream is read from its beginning to go back.
            budget -= size + (offset if stream.gzipped else 0)
            if budget < 0:
                raise TimeoutError("too many false heads follow; the search was given up")
        if len(chunk) - len(rest) < _CHUNK:
            return start + len(chunk), True
        rest = chunk[1 - HEAD.size :]
        start += len(chunk) - len(rest)
        if found_any:
            stream.seek(start + len(rest))


def _sound(stream: Stream, offset: int) -> int | None:
    """Read the frame at a head: None if it checks out, else the bytes that were read for it."""
    stream.seek(offset)
    length, _ = HEAD.unpack(stream.read(HEAD.size))
    if length + 16 > stream.left(offset):
        return 16
    payload, tail = stream.read(length), stream.read(4)
    if len(tail) == 4 and masked_crc32c(payload).to_bytes(4, "little") == tail:
        return None
    return len(payload) + 16
