"""Reader for a store: files are mapped and checked once, and batches gathered with numpy."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.buffers import Buffers
from converters.columns import FEATURE_COLUMNS
from converters.records.variant_record import VariantRecord
from converters.store.index import Index, RecordFile, read_index
from converters.store.tensors import StoreError, TensorFile, check_range

_MOST_OPEN = 256

Take = Callable[[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]], None]
"""Copies rows by number into an array (N, 435); arguments (rows, numbers, out)."""


def take_rows(
    rows: NDArray[np.float32], numbers: NDArray[np.int32], out: NDArray[np.float32]
) -> None:
    """Copy rows by their numbers, which must be valid."""
    # With mode "clip" numpy avoids a temporary copy.
    rows.take(numbers, axis=0, out=out, mode="clip")


class Gathered(NamedTuple):
    """A batch of B records with W windows of L rows.

    `label`, `ref_aa`, `alt_aa` (B,) int64, a label being valid where `labelled` (B,) bool;
    `feature` (W, L, 435) and `mask` (W, L) float32 exactly as stored, the centre NOT masked;
    `window` (B,) int64, the index into these two for each record, or None if W = B.
    """

    var_id: list[str]
    label: NDArray[np.int64]
    labelled: NDArray[np.bool_]
    ref_aa: NDArray[np.int64]
    alt_aa: NDArray[np.int64]
    feature: NDArray[np.float32]
    mask: NDArray[np.float32]
    window: NDArray[np.int64] | None


class Store:
    """A store open for reading; a context manager, and picklable (the copy reopens the files)."""

    def __init__(self, path: Path, index: Index, verify: bool) -> None:
        self.path, self.index, self.verify = path, index, verify
        self.window, self.columns = index.window, FEATURE_COLUMNS
        self._stops = np.cumsum([file.records for file in index.record_files], dtype=np.int64)
        # Numbers of windows and masks in all earlier shards.
        self._windows = np.cumsum([0] + [file.windows for file in index.record_files])
        self._masks = np.cumsum([0] + [file.masks for file in index.record_files])
        self._open: OrderedDict[str, TensorFile] = OrderedDict()
        self._checked: set[str] = set()

    @classmethod
    def open(cls, path: str | Path, verify: bool = True) -> "Store":
        """Open a store, checking the index and the size of every file.

        Args:
            path: the store's folder.
            verify: check each file's crc32c once, when it is first used.

        Raises:
            StoreError: not a store, a damaged one, or one of another version. Every method that
                reads may raise it too, naming the damaged file.
            OSError: it cannot be read.
        """
        path = Path(path)
        index = read_index(path)
        sizes = {file.name: file.bytes for file in index.row_files}
        sizes |= {file.name: file.bytes for file in index.record_files}
        for name, expected in sizes.items():
            size = (path / name).stat().st_size
            if size != expected:
                raise StoreError(
                    f"{path / name}: has {size} bytes, but the index says {expected}; the store is"
                    " damaged: make it again"
                )
        return cls(path, index, verify)

    def __reduce__(self) -> tuple[Any, ...]:
        return Store.open, (self.path, self.verify)

    def __len__(self) -> int:
        return self.index.records

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; if the store is used again, they are reopened."""
        self._open.clear()

    def rows_file(self, number: int) -> NDArray[np.float32]:
        """Map and check a shard of rows: (rows, 435)."""
        file = self.index.row_files[number]
        held = self._open.get(file.name)
        if held is None:
            held = TensorFile(self.path / file.name, file.bytes, file.layouts())
            self._keep(file.name, held, file.crc32c)
        held.check_size()
        return held.tensors["rows"]

    def records_file(self, number: int) -> dict[str, NDArray[Any]]:
        """Map and check a shard of records; return its tensors by name."""
        file = self.index.record_files[number]
        held = self._open.get(file.name)
        if held is None:
            held = TensorFile(self.path / file.name, file.bytes, file.layouts(self.window))
            fresh = file.name not in self._checked
            self._keep(file.name, held, file.crc32c)
            if fresh:
                self._check_records(held, file)
        held.check_size()
        return held.tensors

    def _keep(self, name: str, held: TensorFile, crc32c: str) -> None:
        if self.verify and name not in self._checked:
            held.check_sum(crc32c)
        self._checked.add(name)
        self._open[name] = held
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)

    def _check_records(self, held: TensorFile, file: RecordFile) -> None:
        """Check that all ids are in range."""
        try:
            tensors = held.tensors
            check_range(held.path, "window", tensors["window"], file.windows)
            check_range(held.path, "mask", tensors["mask"], file.masks)
            check_range(held.path, "row", tensors["windows"], self.index.rows)
            check_range(held.path, "labelled", tensors["labelled"], 2)
            offsets = tensors["var_id_offset"]
            if offsets[0] != 0 or offsets[-1] != file.ids or (offsets[1:] < offsets[:-1]).any():
                raise StoreError(f"{held.path}: var_id_offset does not rise from 0 to {file.ids}")
        except StoreError:
            self._open.pop(file.name, None)
            self._checked.discard(file.name)
            raise

    def _places(self, start: int, stop: int) -> list[tuple[int, slice]]:
        """Return the shards of a range of records, and the slice of each."""
        if not 0 <= start <= stop <= len(self):
            raise IndexError(f"records {start} to {stop} of a store of {len(self)}")
        places = []
        for number, end in enumerate(self._stops.tolist()):
            begin = end - self.index.record_files[number].records
            if begin < stop and end > start:
                places.append((number, slice(max(start, begin) - begin, min(stop, end) - begin)))
        return places

    def ids(self, start: int = 0, stop: int | None = None) -> list[str]:
        """Read the names of a range of records."""
        names = list[str]()
        for number, part in self._places(start, len(self) if stop is None else stop):
            names += _names(self.records_file(number), range(part.start, part.stop))
        return names

    def labels(
        self, start: int = 0, stop: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Read the labels of a range of records, and which of them have one."""
        label, labelled = [np.zeros(0, np.int64)], [np.zeros(0, np.bool_)]
        for number, part in self._places(start, len(self) if stop is None else stop):
            tensors = self.records_file(number)
            label.append(tensors["label"][part])
            labelled.append(tensors["labelled"][part].astype(np.bool_))
        return np.concatenate(label), np.concatenate(labelled)

    def var_id(self, number: int) -> str:
        """Read one record's name."""
        return self.ids(number, number + 1)[0]

    def record(self, number: int) -> VariantRecord:
        """Read one record, exactly as it was written, into new arrays."""
        found = self.gather(np.array([number]))
        return VariantRecord(
            found.var_id[0],
            int(found.label[0]) if found.labelled[0] else None,
            int(found.ref_aa[0]),
            int(found.alt_aa[0]),
            found.feature[0],
            found.mask[0],
        )

    def gather(
        self,
        indices: NDArray[np.int64],
        shared: bool = False,
        buffers: Buffers | None = None,
        take: Take = take_rows,
    ) -> Gathered:
        """Read records in any order.

        Args:
            indices: (B,) numbers of records, from 0; they may repeat.
            shared: return each distinct pair of window and mask only once.
            buffers: memory for `feature`; newly allocated if not given.
            take: copies the rows; torch's version uses several threads.

        Raises:
            IndexError: a number is out of range.
            StoreError: a file is damaged.
        """
        indices = np.asarray(indices, np.int64)
        if indices.ndim != 1 or (
            len(indices) and not (indices.min() >= 0 and indices.max() < len(self))
        ):
            raise IndexError(f"no record {indices} in a store of {len(self)} records")
        names, columns, rows, mask = self._look_up(indices)
        inverse: NDArray[np.int64] | None = None
        if shared:
            _, first, inverse = np.unique(columns["key"], return_index=True, return_inverse=True)
            inverse = inverse.astype(np.int64, copy=False)
            rows, mask = rows[first], mask[first]
        return Gathered(
            names,
            columns["label"],
            columns["labelled"],
            columns["ref_aa"],
            columns["alt_aa"],
            self._feature(rows, Buffers() if buffers is None else buffers, take),
            mask,
            inverse,
        )

    def _look_up(
        self, indices: NDArray[np.int64]
    ) -> tuple[list[str], dict[str, NDArray[Any]], NDArray[np.int32], NDArray[np.float32]]:
        """Return names, columns (B,), row ids of windows (B, L), and masks (B, L), from all shards.

        The column `key` identifies a pair of window and mask over all shards.
        """
        count = len(indices)
        files = np.searchsorted(self._stops, indices, "right")
        names: list[str] = [""] * count
        columns: dict[str, NDArray[Any]] = {
            name: np.empty(count, np.bool_ if name == "labelled" else np.int64)
            for name in ("label", "labelled", "ref_aa", "alt_aa")
        }
        keys = np.empty(count, np.int64)
        rows = np.empty((count, self.window), np.int32)
        mask = np.empty((count, self.window), np.float32)
        for number in sorted(set(files.tolist())):
            tensors = self.records_file(number)
            at = np.flatnonzero(files == number)
            local = indices[at] - (self._stops[number] - self.index.record_files[number].records)
            for place, name in zip(at.tolist(), _names(tensors, local.tolist()), strict=True):
                names[place] = name
            for name, values in columns.items():
                values[at] = tensors[name][local]
            window, masks = tensors["window"][local], tensors["mask"][local]
            keys[at] = (self._windows[number] + window) * self._masks[-1]
            keys[at] += self._masks[number] + masks
            rows[at], mask[at] = tensors["windows"][window], tensors["masks"][masks]
        return names, {**columns, "key": keys}, rows, mask

    def _feature(
        self, rows: NDArray[np.int32], buffers: Buffers, take: Take
    ) -> NDArray[np.float32]:
        """Assemble windows from the ids of their rows: (W, L) -> (W, L, 435)."""
        wanted = rows.reshape(-1)
        out = buffers.empty((len(wanted), self.columns))
        if len(wanted):
            size = self.index.rows_a_file
            low, high = int(wanted.min()) // size, int(wanted.max()) // size
            if low == high:
                take(self.rows_file(low), wanted - low * size, out)
            else:
                files = wanted // size
                for number in sorted(set(files.tolist())):
                    at = np.flatnonzero(files == number)
                    out[at] = self.rows_file(number)[wanted[at] - number * size]
        return out.reshape(*rows.shape, self.columns)


def _names(tensors: dict[str, NDArray[Any]], records: "range | list[int]") -> list[str]:
    data, offsets = tensors["var_id"], tensors["var_id_offset"]
    at = np.asarray(records, np.int64)
    return [
        data[start:stop].tobytes().decode("utf-8", "surrogateescape")
        for start, stop in zip(offsets[at].tolist(), offsets[at + 1].tolist(), strict=True)
    ]
