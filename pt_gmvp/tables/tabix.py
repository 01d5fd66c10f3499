"""Reader for tables compressed by bgzip and indexed by tabix, in Python alone.

A damaged index makes htslib crash the whole process or read freed memory. Here every number of an
index is checked before it is used, and every block of the table has a checksum.

Formats: the SAM/BAM specification, section 4.1 (BGZF), and the tabix specification
(https://samtools.github.io/hts-specs/tabix.pdf).
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError

_MAGIC = b"TBI\1"
_HEADER = struct.Struct("<8i")
_BGZF = struct.Struct("<4BI2BH")
_LARGEST_INDEX = 1 << 28
"""Most bytes of an index; that of all missense changes of the human genome has about a million."""

_BINS = 37450
"""Number of the bin that holds statistics instead of places; all others are below."""
_SHIFTS = ((26, 1), (23, 9), (20, 73), (17, 585), (14, 4681))
_LINEAR = 14
_AT_ONCE = 16
"""Most blocks of 64 KiB that are read together."""
_AT_FIRST = 4
_TABLE = (0, 1, 2)
"""Format of the index of `finalize`: a generic table, its columns of chromosome and position."""

Chunk = tuple[int, int]
"""Virtual offsets of the beginning and end of a run of lines: a block's place in the file in the
upper 48 bits, a byte's place in the block in the lower 16."""


class _Reference(NamedTuple):
    """One chromosome of an index."""

    bins: dict[int, list[Chunk]]
    linear: tuple[int, ...]


class DamagedError(InputError):
    """A table or an index that cannot be what its name says."""


class TabixTable:
    """A table with its index; raises InputError if they are damaged or do not belong together."""

    def __init__(self, path: Path, index: Path) -> None:
        """Read the index.

        Raises:
            InputError: it is damaged, or not of a table with chromosome and position first.
            OSError: it cannot be read.
        """
        self.path = path
        self._size = path.stat().st_size
        try:
            self._references = _parse(_expanded(index), self._size)
        except (DamagedError, struct.error, ValueError) as error:
            raise InputError(
                f"{index}: is not an index of {path.name} ({error}); make it again with:"
                f" tabix -f -s1 -b2 -e2 {path}"
            ) from None

    @property
    def chromosomes(self) -> list[str]:
        """Return the names of the chromosomes, in the index' order."""
        return list(self._references)

    def lines(self, chrom: str, first: int, last: int) -> Iterator[str]:
        """Yield the lines of a range of positions, from 1, both ends included.

        Raises:
            DamagedError: a block of the table is damaged, or its lines are not those of the index.
            OSError: the table cannot be read.
        """
        reference = self._references.get(chrom)
        if reference is None or last < first:
            return
        begin = chrom.encode() + b"\t"
        for chunk in _chunks(reference, first - 1, last):
            for line in (line for piece in self._read(chunk) for line in piece.split(b"\n")[:-1]):
                if not line.startswith(begin):
                    # The next chromosome may share a block, but a comment is none of the index.
                    continue
                position = line[len(begin) : line.find(b"\t", len(begin))]
                if not position.isdigit():
                    raise DamagedError(f"position {position[:20]!r} is not a number")
                if int(position) > last:
                    return
                if int(position) >= first:
                    yield line.decode("utf-8")

    def pieces(self, chrom: str, first: int, last: int) -> Iterator[bytes]:
        r"""Yield the lines of a range of positions and some beside it, many at a time.

        Each piece is made of whole lines, each with its \n, and has at most about a megabyte; the
        first ones are smaller, as the range may end in them. Raises as `lines`.
        """
        reference = self._references.get(chrom)
        if reference is None or last < first:
            return
        for chunk in _chunks(reference, first - 1, last):
            parts: list[bytes] = []
            wanted = _AT_FIRST
            for part in self._read(chunk):
                parts.append(part)
                if len(parts) == wanted:
                    yield b"".join(parts)
                    parts, wanted = [], min(2 * wanted, _AT_ONCE)
            if parts:
                yield b"".join(parts)

    def _read(self, chunk: Chunk) -> Iterator[bytes]:
        r"""Yield the lines between two virtual offsets, a block's at a time, each with its \n."""
        start, stop = chunk
        rest = b""
        for place, block in self._blocks(start >> 16, stop):
            begin = start & 0xFFFF if place == start >> 16 else 0
            end = stop & 0xFFFF if place == stop >> 16 else len(block)
            if begin > len(block) or end > len(block):
                raise DamagedError("the index points beyond a block")
            data = rest + block[begin:end]
            whole = data.rfind(b"\n") + 1
            rest = data[whole:]
            yield data[:whole]
        if rest:
            yield rest.removesuffix(b"\r") + b"\n"

    def _blocks(self, place: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Yield the blocks from a place in the file to the one that holds a virtual offset."""
        with open(self.path, "rb") as file:
            file.seek(place)
            while place < stop >> 16 or (place == stop >> 16 and stop & 0xFFFF):
                size, block = _next_block(file.read)
                if not size:
                    raise DamagedError("it ends within a range of the index")
                yield place, block
                place += size


def _next_block(read: Callable[[int], bytes]) -> tuple[int, bytes]:
    """Read one block of BGZF: its size in the file, 0 at the end, and its content."""
    head = read(_BGZF.size)
    if not head:
        return 0, b""
    if len(head) < _BGZF.size:
        raise DamagedError("it ends within a block")
    *magic, _, _, _, extra_size = _BGZF.unpack(head)
    if magic != [31, 139, 8, 4]:
        raise DamagedError("it is not compressed by bgzip")
    extra = read(extra_size)
    size = _block_size(extra)
    body = read(size - _BGZF.size - extra_size)
    if size <= _BGZF.size + extra_size + 8 or len(body) != size - _BGZF.size - extra_size:
        raise DamagedError("it ends within a block")
    checksum, length = struct.unpack("<2I", body[-8:])
    if length > 1 << 16:
        raise DamagedError("a block is larger than bgzip makes them")
    try:
        content = zlib.decompressobj(-15).decompress(body[:-8], length + 1)
    except zlib.error as error:
        raise DamagedError(f"a block cannot be uncompressed ({error})") from None
    if len(content) != length or zlib.crc32(content) != checksum:
        raise DamagedError("a block's checksum is wrong")
    return size, content


def _block_size(extra: bytes) -> int:
    """Return a block's size from the field BC of its header."""
    at = 0
    while at + 4 <= len(extra):
        name, length = extra[at : at + 2], struct.unpack_from("<H", extra, at + 2)[0]
        if name == b"BC" and length == 2 and at + 6 <= len(extra):
            return int(struct.unpack_from("<H", extra, at + 4)[0]) + 1
        at += 4 + length
    raise DamagedError("it is not compressed by bgzip")


def _expanded(index: Path) -> bytes:
    """Uncompress a whole index."""
    parts, size = list[bytes](), 0
    with open(index, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            raise DamagedError("it is not compressed by bgzip")
        file.seek(0)
        while True:
            used, block = _next_block(file.read)
            if not used:
                return b"".join(parts)
            size += len(block)
            if size > _LARGEST_INDEX:
                raise DamagedError(f"it expands to more than {_LARGEST_INDEX >> 20} MiB")
            parts.append(block)


def _parse(data: bytes, size: int) -> dict[str, _Reference]:
    """Parse an index of a table of `size` bytes."""
    if data[:4] != _MAGIC:
        raise DamagedError("it is not a tabix index")
    count, *about, _, _, _, names_size = _HEADER.unpack_from(data, 4)
    if tuple(about) != _TABLE:
        raise DamagedError("it is of a table with other columns")
    at = 4 + _HEADER.size
    if not 0 <= names_size <= len(data) - at:
        raise DamagedError("its names are longer than it is")
    names = data[at : at + names_size].split(b"\0")
    if names.pop() or len(names) != count or len(set(names)) != count:
        raise DamagedError(f"it has {len(names)} names of {count} chromosomes")
    at += names_size
    found = {}
    for name in names:
        found[name.decode("utf-8")], at = _parse_reference(data, at, size)
    if len(data) - at not in (0, 8):
        raise DamagedError(f"{len(data) - at} bytes are left over")
    return found


def _parse_reference(data: bytes, at: int, size: int) -> tuple[_Reference, int]:
    bins: dict[int, list[Chunk]] = {}
    (count,), at = struct.unpack_from("<i", data, at), at + 4
    if not 0 <= count <= _BINS + 1:
        raise DamagedError(f"it has {count} bins")
    for _ in range(count):
        number, chunks = struct.unpack_from("<Ii", data, at)
        at += 8
        if number > _BINS or number in bins or not 0 <= chunks <= (len(data) - at) // 16:
            raise DamagedError(f"its bin {number} is impossible")
        offsets = struct.unpack_from(f"<{2 * chunks}Q", data, at)
        at += 16 * chunks
        pairs = list(zip(offsets[::2], offsets[1::2], strict=True))
        if number != _BINS and any(not _possible(pair, size) for pair in pairs):
            raise DamagedError("it points beyond the table")
        bins[number] = pairs
    bins.pop(_BINS, None)
    (count,), at = struct.unpack_from("<i", data, at), at + 4
    if not 0 <= count <= (len(data) - at) // 8:
        raise DamagedError(f"it has {count} intervals")
    linear = struct.unpack_from(f"<{count}Q", data, at)
    if any(offset >> 16 > size for offset in linear):
        raise DamagedError("it points beyond the table")
    return _Reference(bins, linear), at + 8 * count


def _possible(chunk: Chunk, size: int) -> bool:
    return chunk[0] <= chunk[1] and chunk[1] >> 16 <= size


def _chunks(reference: _Reference, start: int, stop: int) -> list[Chunk]:
    """Return the merged runs of lines that may overlap positions `start` (from 0) to `stop`."""
    numbers = [0]
    for shift, first in _SHIFTS:
        numbers += range(first + (start >> shift), first + ((stop - 1) >> shift) + 1)
    least = 0
    if reference.linear:
        least = reference.linear[min(start >> _LINEAR, len(reference.linear) - 1)]
    found = sorted(
        (max(begin, least), end)
        for number in numbers
        for begin, end in reference.bins.get(number, ())
        if end > least
    )
    merged: list[Chunk] = []
    for begin, end in found:
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((begin, end))
    return merged


def ends_whole(path: Path) -> bool:
    """Return whether a file ends with the empty block that bgzip writes last."""
    last = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - len(last)))
        return file.read() == last
