"""Writer for a store: takes records one by one, writes shards and an index in bounded memory."""

import errno
import hashlib
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.atomic import folder_beside
from converters.destination import check_folder, check_parent
from converters.records.variant_record import VariantRecord, check_record, id_bytes
from converters.store.index import (
    NAME,
    Index,
    RecordFile,
    Source,
    read_index,
    record_name,
    write_index,
)
from converters.store.rows import Rows
from converters.store.tensors import StoreError, checksum, concatenated

ROWS_A_FILE = 1 << 18
RECORDS_A_FILE = 1 << 15
_MOST_ID_BYTES = 1 << 24


class Summary(NamedTuple):
    """Contents of a new store; `windows` is the sum of distinct ones over shards of records."""

    records: int
    rows: int
    windows: int
    bytes: int


def check_destination(path: Path, force: bool) -> None:
    """Raise InputError for a destination that is not a replaceable store."""
    check_parent(path)
    check_folder(path, "store", _is_part, force)


def _is_part(name: str) -> bool:
    shard = name.startswith(("rows-", "records-")) and name.endswith(".safetensors")
    return shard or name == NAME


def write_store(
    path: str | Path,
    records: Iterable[VariantRecord],
    *,
    sources: Sequence[Source] | Callable[[], Sequence[Source]] = (),
    window: int | None = None,
    force: bool = False,
    rows_a_file: int = ROWS_A_FILE,
    records_a_file: int = RECORDS_A_FILE,
) -> Summary:
    """Write a store atomically; the same records give the same bytes.

    Args:
        path: the folder to make; its parent must exist.
        records: consumed one by one; all windows have the odd length of the first.
        sources: the source files, for the index; a function is called after the last record.
        window: rows of a window, if known; else those of the first record.
        force: replace an existing store.
        rows_a_file: distinct rows in each shard of rows but the last.
        records_a_file: most records in a shard of records.

    Raises:
        InputError: the destination must not be replaced, or there are no records.
        RecordError: a record's array has another shape or dtype.
        OSError: it cannot be written.
    """
    path = Path(path)
    check_destination(path, force)
    with folder_beside(path) as partial:
        rows = Rows(partial, rows_a_file)
        try:
            index = _write(partial, rows, records, records_a_file, window)
        except sqlite3.Error as error:
            if "full" not in str(error):
                raise OSError(errno.EIO, f"the table of digests: {error}", str(path)) from None
            raise OSError(errno.ENOSPC, "No space left on device", str(path)) from None
        finally:
            rows.close()
        index = index._replace(sources=list(sources() if callable(sources) else sources))
        write_index(partial, index)
        size = sum(file.stat().st_size for file in partial.iterdir())
    read_index(path)
    windows = sum(file.windows for file in index.record_files)
    return Summary(index.records, index.rows, windows, size)


def _write(
    folder: Path, rows: Rows, records: Iterable[VariantRecord], most: int, window: int | None
) -> Index:
    files: list[RecordFile] = []
    shard: _Shard | None = None
    try:
        for record in records:
            check_record(record, window)
            window = len(record.mask)
            if shard is None:
                shard = _Shard(folder, len(files), window)
            shard.add(record, rows)
            if shard.count >= most or len(shard.names) > _MOST_ID_BYTES:
                files.append(shard.finish())
                shard = None
        if shard is not None:
            files.append(shard.finish())
    finally:
        if shard is not None:
            shard.close()
    if window is None or not files:
        raise StoreError("there are no records; a store contains at least one")
    rows.finish()
    count = sum(file.records for file in files)
    return Index(window, count, rows.count, rows.rows_a_file, rows.files, files, [])


class _Distinct:
    """A file of distinct arrays of one size."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = open(path, "wb")  # noqa: SIM115
        self._seen: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def id(self, values: NDArray[Any]) -> int:
        content = values.tobytes()
        digest = hashlib.blake2b(content, digest_size=16).digest()
        number = self._seen.get(digest)
        if number is None:
            number = self._seen[digest] = len(self._seen)
            self.file.write(content)
        return number


class _Shard:
    """A growing shard of records; large arrays go to the disk immediately."""

    def __init__(self, folder: Path, number: int, window: int) -> None:
        self.folder, self.name, self.length = folder, record_name(number), window
        self._windows = _Distinct(folder / "windows.part")
        self._masks = _Distinct(folder / "masks.part")
        self._numbers = {name: array("q") for name in ("label", "ref_aa", "alt_aa")}
        self._labelled = bytearray()
        self._offsets = array("q", [0])
        self._window, self._mask = array("i"), array("i")
        self.names = bytearray()
        self._last: tuple[NDArray[np.uint32], int] | None = None

    @property
    def count(self) -> int:
        return len(self._window)

    def add(self, record: VariantRecord, rows: Rows) -> None:
        feature = np.ascontiguousarray(record.feature)
        bits = feature.view(np.uint32)
        if self._last is None or not np.array_equal(self._last[0], bits):
            ids = rows.ids(feature).astype("<i4", copy=False)
            self._last = bits.copy(), self._windows.id(ids)
        self._window.append(self._last[1])
        self._mask.append(self._masks.id(record.mask.astype("<f4", copy=False)))
        self._numbers["label"].append(0 if record.label is None else int(record.label))
        self._labelled.append(record.label is not None)
        self._numbers["ref_aa"].append(int(record.ref_aa))
        self._numbers["alt_aa"].append(int(record.alt_aa))
        self.names += id_bytes(record.var_id)
        self._offsets.append(len(self.names))

    def finish(self) -> RecordFile:
        self.close()
        counts = self.count, len(self._windows), len(self._masks), len(self.names)
        file = RecordFile(self.name, 0, "", *counts)
        parts: dict[str, Any] = {
            **{name: np.frombuffer(held, np.int64) for name, held in self._numbers.items()},
            "var_id_offset": np.frombuffer(self._offsets, np.int64),
            "window": np.frombuffer(self._window, np.int32),
            "mask": np.frombuffer(self._mask, np.int32),
            "windows": self._windows.path,
            "masks": self._masks.path,
            "labelled": np.frombuffer(self._labelled, np.uint8),
            "var_id": np.frombuffer(self.names, np.uint8),
        }
        path = self.folder / self.name
        layouts = file.layouts(self.length)
        concatenated(path, [(name, layouts[name], parts[name]) for name in layouts])
        self._windows.path.unlink()
        self._masks.path.unlink()
        return file._replace(bytes=path.stat().st_size, crc32c=checksum(path))

    def close(self) -> None:
        self._windows.file.close()
        self._masks.file.close()
