"""Variants directly from TFRecord files: by number, or in file order."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.buffers import Buffers
from converters.errors import InputError
from converters.records.tfrecord import RecordError, is_gzipped
from converters.records.variant_record import VariantRecord, read_records
from pt_gmvp.data.batch import Batch, ValuesError, gather
from pt_gmvp.data.readahead import read_ahead
from pt_gmvp.data.record_index import RecordIndex
from pt_gmvp.data.record_rows import RowReader
from pt_gmvp.data.source import VariantDataset, label_array

_HANDFUL = 8


class RecordDataset(VariantDataset):
    """Variants of uncompressed TFRecord files, in the files' order.

    The files are scanned once for the start of each record; a record is verified whenever it is
    read. The scan does not include `labels` and `var_ids`: their first use reads every record
    once, about 20,000 per second.

    Args:
        files: one or more files.

    Raises:
        RecordError: a record is damaged or not a variant record; names file, record and byte.
        OSError: a file cannot be read.
    """

    def __init__(self, files: str | Path | Sequence[str | Path]) -> None:
        self._index = RecordIndex([files] if isinstance(files, str | Path) else files)
        self._rows = RowReader()

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, index: int) -> VariantRecord:
        return self._rows.record(*self._index.located(self._number(index)))

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        places = (self._index.located(self._number(index)) for index in indices)
        batch = self._rows.batch(places, len(indices))
        if batch is None:
            raise ValueError("no records to make a batch of; expected at least one")
        return batch

    @cached_property
    def _heads(self) -> tuple[list[str], NDArray[np.float32]]:
        names: list[str] = []
        labels: list[int | None] = []
        for number in range(len(self)):
            record = self[number]
            names.append(record.var_id)
            labels.append(record.label)
        return names, label_array(labels)

    @property
    def var_ids(self) -> list[str]:
        """Return every variant's name."""
        return self._heads[0]

    @property
    def labels(self) -> NDArray[np.float32]:
        """Return every variant's label, (len,) float32; NaN where it has none."""
        return self._heads[1]


def read_batches(path: str | Path, batch_size: int) -> Iterator[Batch]:
    """Yield batches of a file's records in order, the centres masked; the last may be smaller.

    The file may be gzip-compressed; another thread then reads ahead.

    Raises:
        RecordError: the file is damaged, or a record is not a variant.
        OSError: the file cannot be read.
    """
    with open(path, "rb", buffering=0) as file:
        if is_gzipped(file):
            yield from _gathered(path, batch_size)
            return
        yield from RowReader().batches(str(path), file.fileno(), batch_size)


def _gathered(path: str | Path, batch_size: int) -> Iterator[Batch]:
    records, buffers, read = ahead([path]), Buffers(), 0
    with closing(records):
        while batch := _named(path, read, lambda: gather(records, batch_size, buffers)):
            read += len(batch.var_id)
            yield batch


def _named(path: str | Path, read: int, make: Callable[[], Batch | None]) -> Batch | None:
    """Make a batch; put the file and the number of the record into an error about its values."""
    try:
        return make()
    except ValuesError as error:
        raise RecordError(f"{path}, record {read + error.row}: {error}") from None


def ahead(files: Sequence[str | Path]) -> Generator[VariantRecord, None, None]:
    """Yield the records of some files in order, read ahead by a thread; see `read_records`."""
    with closing(read_ahead(_handfuls(files))) as handfuls:
        for handful in handfuls:
            yield from handful


def _handfuls(files: Sequence[str | Path]) -> Generator[list[VariantRecord], None, None]:
    """Yield few enough records at a time for the cache, and enough to switch threads rarely."""
    handful: list[VariantRecord] = []
    try:
        for file in files:
            for record in read_records(file):
                handful.append(record)
                if len(handful) == _HANDFUL:
                    yield handful
                    handful = []
    except (InputError, OSError):
        # What was read before the error is valid.
        yield handful
        raise
    yield handful
