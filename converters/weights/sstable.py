"""TensorFlow's index files: an immutable sorted table of keys and values (LevelDB's format).

Read here: the footer, the index block, and data blocks of prefix-compressed entries, each block
with its checksum. Format: https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

import struct
from collections.abc import Iterator

from converters.protobuf_wire import WireError, read_varint
from converters.records.tfrecord import masked_crc32c

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
_FOOTER = 48
_BLOCK_TRAILER = 5


class TableError(ValueError):
    """Bytes that are no sorted table, or a damaged one."""


def read_table(content: bytes) -> dict[bytes, bytes]:
    """Read a whole table into key -> value, in the table's order.

    Raises:
        TableError: It is cut short, damaged, or compressed (TensorFlow's own never are).
    """
    if len(content) < _FOOTER or content[-8:] != MAGIC:
        raise TableError("it lacks the table's closing mark: no index file, or cut short")
    view = memoryview(content)
    footer = view[len(content) - _FOOTER :]
    try:
        _, offset = _handle(footer, 0)
        index, _ = _handle(footer, offset)
        table: dict[bytes, bytes] = {}
        for _, handle in _entries(_block(view, index)):
            where, _ = _handle(memoryview(handle), 0)
            table.update(_entries(_block(view, where)))
    except WireError as error:
        raise TableError(f"it is damaged: {error}") from None
    return table


def _handle(view: memoryview, offset: int) -> tuple[tuple[int, int], int]:
    start, offset = read_varint(view, offset)
    size, offset = read_varint(view, offset)
    return (start, size), offset


def _block(view: memoryview, handle: tuple[int, int]) -> memoryview:
    start, size = handle
    end = start + size
    if end + _BLOCK_TRAILER > len(view):
        raise TableError(f"a block at byte {start} reaches past the end of the file; cut short")
    if view[end] != 0:
        raise TableError(f"a block at byte {start} is compressed, which TensorFlow never does")
    checksum = int.from_bytes(view[end + 1 : end + _BLOCK_TRAILER], "little")
    if masked_crc32c(bytes(view[start : end + 1])) != checksum:
        raise TableError(f"a block at byte {start} has a wrong checksum; it is damaged")
    return view[start:end]


def _entries(block: memoryview) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise TableError("a block is too short")
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    key, offset = b"", 0
    while offset < end:
        shared, offset = read_varint(block, offset)
        fresh, offset = read_varint(block, offset)
        size, offset = read_varint(block, offset)
        if shared > len(key) or offset + fresh + size > end:
            raise TableError("an entry reaches past its block")
        key = key[:shared] + bytes(block[offset : offset + fresh])
        offset += fresh
        yield key, bytes(block[offset : offset + size])
        offset += size
