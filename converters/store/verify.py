"""Verification of a store, by its checksums, and record by record against its source files."""

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np

from converters.records.tfrecord import LeftOut
from converters.records.variant_record import VariantRecord, read_records
from converters.store.index import Source
from converters.store.reader import Store
from converters.store.tensors import StoreError

_BATCH = 64


class Proof(NamedTuple):
    """Numbers of verified bytes, rows and records; source files compared, and missing ones."""

    bytes: int
    rows: int
    records: int
    compared: list[Path]
    missing: list[Source]


def verify(
    path: str | Path,
    files: Sequence[Path] = (),
    on_bytes: Callable[[float], None] | None = None,
) -> Proof:
    """Verify all checksums and ids, that rows are distinct and used, and the source files.

    Args:
        path: the store.
        files: its source files, in order; by default those named in the index are looked for in
            the store's parent folder.
        on_bytes: called with the number of source bytes compared since the last call.

    Raises:
        StoreError: the first check that fails.
        RecordError: a source file is damaged.
        OSError: a file cannot be read.
    """
    with Store.open(path, verify=True) as store:
        _check_rows(store)
        _check_all_used(store)
        sources = store.index.sources
        found, missing = list(files), list[Source]()
        if not files:
            beside = [(source, store.path.resolve().parent / source.name) for source in sources]
            missing = [source for source, place in beside if not place.is_file()]
            found = [] if missing else [place for _, place in beside]
        if found:
            if sources and len(found) != len(sources):
                raise StoreError(
                    f"{path}: was made from {len(sources)} files, but {len(found)} are given; name"
                    " all of them, in order"
                )
            _compare(store, found, on_bytes)
        size = sum(file.bytes for file in store.index.row_files)
        size += sum(file.bytes for file in store.index.record_files)
        return Proof(size, store.index.rows, len(store), found, missing)


def _check_rows(store: Store) -> None:
    """Raise StoreError for a row that is stored twice; equal hashes are compared byte by byte."""
    factors = np.random.Generator(np.random.PCG64(7)).integers(0, 1 << 32, store.columns, np.uint32)
    factors |= np.uint32(1)
    hashes = np.empty(store.index.rows, np.uint64)
    done = 0
    for number in range(len(store.index.row_files)):
        rows = store.rows_file(number)
        for start in range(0, len(rows), 4096):
            part = rows[start : start + 4096].view(np.uint32).astype(np.uint64)
            hashes[done : done + len(part)] = (part * factors).sum(axis=1, dtype=np.uint64)
            done += len(part)
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    for place in np.flatnonzero(ordered[1:] == ordered[:-1]).tolist():
        first, second = int(order[place]), int(order[place + 1])
        if _row(store, first) == _row(store, second):
            raise StoreError(f"{store.path}: rows {first} and {second} are equal")


def _row(store: Store, number: int) -> bytes:
    file, place = divmod(number, store.index.rows_a_file)
    return bytes(store.rows_file(file)[place].tobytes())


def _check_all_used(store: Store) -> None:
    """Raise StoreError for a row that no record uses."""
    used = np.zeros(store.index.rows, np.bool_)
    for number in range(len(store.index.record_files)):
        used[store.records_file(number)["windows"]] = True
    if not used.all():
        raise StoreError(f"{store.path}: row {int(np.argmin(used))} is not used by any record")


def store_records(store: Store) -> Iterator[VariantRecord]:
    """Yield all records of a store in order, reading a batch at a time."""
    for start in range(0, len(store), _BATCH):
        stop = min(start + _BATCH, len(store))
        found = store.gather(np.arange(start, stop))
        for place in range(stop - start):
            yield VariantRecord(
                found.var_id[place],
                int(found.label[place]) if found.labelled[place] else None,
                int(found.ref_aa[place]),
                int(found.alt_aa[place]),
                found.feature[place],
                found.mask[place],
            )


def _compare(store: Store, files: list[Path], on_bytes: Callable[[float], None] | None) -> None:
    """Compare every record with its source, bit by bit and in order."""
    held = store_records(store)
    number = 0
    for at, file in enumerate(files):
        source = store.index.sources[at] if store.index.sources else None
        left_out: list[LeftOut] = []
        skip = left_out.append if source is not None and source.left_out else None
        wanted = read_records(file, window=store.window, on_skip=skip, on_bytes=on_bytes)
        count = 0
        for record in wanted:
            mine = next(held, None)
            if mine is None:
                raise StoreError(f"{store.path}: has only {number} records; {file} has more")
            if name := difference(mine, record):
                raise StoreError(
                    f"{store.path}: record {number}: {name} differs from {file}, record"
                    f" {count + len(left_out)}"
                )
            number, count = number + 1, count + 1
        if source is not None and (count, len(left_out)) != (source.records, source.left_out):
            raise StoreError(
                f"{file}: contains {count} records, but the store was made from {source.records} of"
                " them"
            )
    if next(held, None) is not None:
        raise StoreError(
            f"{store.path}: has {len(store)} records, but its sources {number}; name all of them"
        )


def difference(one: VariantRecord, other: VariantRecord) -> str | None:
    """Return the first field in which two records differ in any bit, or None."""
    for name, mine, theirs in zip_longest(VariantRecord._fields, one, other):
        if isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray):
            if not np.array_equal(mine.view(np.uint32), theirs.view(np.uint32)):
                return str(name)
        elif mine != theirs:
            return str(name)
    return None
