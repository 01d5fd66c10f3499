"""Writer for a store's rows, each distinct one once, in order of first appearance.

A known row is found in two steps. The last few thousand rows are in a ring in memory: a 32-bit
hash, computed for a whole window at once, finds a candidate, and all bytes are compared. Other rows
are looked up by their 128-bit blake2b digest in a table on disk. Rows with equal digests are taken
to be equal: among the 2^31 rows that a store can hold, the probability of a collision is below
2^-66, and making one on purpose takes 2^64 digests.
"""

import hashlib
import sqlite3
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from converters.columns import FEATURE_COLUMNS
from converters.store.index import MOST_ROWS, RowFile, row_name
from converters.store.tensors import StoreError, checksum, header

_RING = 8192
_CACHE_KIB = 8192
_HEAD = 128


class Rows:
    """Writes distinct rows to shards in a folder, in constant memory."""

    def __init__(self, folder: Path, rows_a_file: int) -> None:
        self.folder, self.rows_a_file = folder, rows_a_file
        self.count = 0
        self.files: list[RowFile] = []
        self._file: BinaryIO | None = None
        self._table_path = folder / "digests.sqlite3"
        self._table = sqlite3.connect(self._table_path, isolation_level=None)
        for setting in (
            "journal_mode=OFF",
            "synchronous=OFF",
            "locking_mode=EXCLUSIVE",
            f"cache_size=-{_CACHE_KIB}",
        ):
            self._table.execute(f"PRAGMA {setting}")
        self._table.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, id INT) WITHOUT ROWID")
        self._table.execute("BEGIN")
        # Filled now, so that memory use is constant from the start.
        self._ring = np.full((_RING, FEATURE_COLUMNS), 0xFFFFFFFF, np.uint32)
        self._ring_ids = np.zeros(_RING, np.int32)
        self._ring_hash = [-1] * _RING
        self._slots: dict[int, int] = {}
        self._next = 0
        random = np.random.Generator(np.random.PCG64(2020))
        self._factors = random.integers(0, 1 << 32, FEATURE_COLUMNS, np.uint32) | np.uint32(1)

    def ids(self, feature: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return the ids (L,) of a window's rows (L, 435), C-contiguous, writing new ones."""
        rows = feature.view(np.uint32)
        hashes = np.einsum("ij,j->i", rows, self._factors).tolist()
        slots = np.array([self._slots.get(key, -1) for key in hashes])
        same = (slots >= 0) & (self._ring[slots] == rows).all(axis=1)
        ids: NDArray[np.int32] = np.where(same, self._ring_ids[slots], np.int32(-1))
        for place in np.flatnonzero(~same):
            row = rows[place]
            ids[place] = self._look_up(row)
            self._remember(row, hashes[place], int(ids[place]))
        return ids

    def _remember(self, row: NDArray[np.uint32], key: int, number: int) -> None:
        slot = self._slots.get(key)
        if slot is None:
            slot, self._next = self._next, (self._next + 1) % _RING
            self._slots.pop(self._ring_hash[slot], None)
            self._ring_hash[slot] = key
            self._slots[key] = slot
        self._ring[slot] = row
        self._ring_ids[slot] = number

    def _look_up(self, row: NDArray[np.uint32]) -> int:
        content = row.astype("<u4", copy=False).tobytes()
        digest = hashlib.blake2b(content, digest_size=16).digest()
        found = self._table.execute("SELECT id FROM seen WHERE digest = ?", (digest,)).fetchone()
        if found:
            return int(found[0])
        number = self.count
        if number >= MOST_ROWS:
            raise StoreError(f"more than {MOST_ROWS} distinct rows; make several stores")
        if self._file is None:
            self._file = open(self.folder / row_name(len(self.files)), "wb")  # noqa: SIM115
            self._file.write(bytes(_HEAD))
        self._file.write(content)
        self._table.execute("INSERT INTO seen VALUES (?, ?)", (digest, number))
        self.count += 1
        if self.count % self.rows_a_file == 0:
            self._finish_file()
        return number

    def _finish_file(self) -> None:
        if self._file is None:
            return
        name = row_name(len(self.files))
        rows = self.count - self.rows_a_file * len(self.files)
        file = RowFile(name, 0, "", rows)
        self._file.seek(0)
        self._file.write(header(file.layouts(), _HEAD))
        self._file.close()
        self._file = None
        path = self.folder / name
        file = file._replace(bytes=path.stat().st_size, crc32c=checksum(path))
        self.files.append(file)

    def finish(self) -> None:
        """Finish the open shard, and remove the table of digests."""
        self._finish_file()
        self.close()
        self._table_path.unlink()

    def close(self) -> None:
        """Close all files."""
        self._table.close()
        if self._file is not None:
            self._file.close()
