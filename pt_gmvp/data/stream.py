"""Variants from TFRecord files in one sweep: without a scan, and from gzip-compressed files too."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import IterableDataset

from converters.buffers import Buffers
from converters.records.variant_record import VariantRecord
from pt_gmvp.data.batch import Batch, gather
from pt_gmvp.data.cursor import Cursor
from pt_gmvp.data.order import Even, check_seed, this_rank
from pt_gmvp.data.records import ahead


class RecordStream(IterableDataset[Batch]):
    """Batches of records in TFRecord files, in the files' order or shuffled through a buffer.

    Of R ranks, the r-th takes every R-th record from the r-th on, counted over all files; its
    worker processes take its batches in turn. So each record is used once over all of them,
    however many files there are, and the ranks' numbers differ by at most one. Every process reads
    all files, as frames can only be found one after the other: if that is too slow, use a
    RecordDataset or a store.

    Args:
        files: one or more files.
        batch_size: variants in a batch; the last may have fewer.
        shuffle: size of the buffer that the next record is drawn from, or 0 for the files' order;
            the original's has 2048 records, of 226 KB each. Each of K workers has a K-th of it.
        seed: whole number from 0; an epoch's order depends on it, the epoch, rank and worker alone.
        even: "drop" omits the last records to give all ranks the same number; "no" does not.
        rank: number of this process; torch.distributed's if not given.
        world_size: number of processes, given together with `rank`.
    """

    def __init__(
        self,
        files: str | Path | Sequence[str | Path],
        batch_size: int,
        shuffle: int = 0,
        seed: int = 0,
        even: Even = "no",
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        check_seed(seed)
        if batch_size < 1:
            raise ValueError(f"a batch of {batch_size}; expected 1 or more")
        if even not in ("no", "drop"):
            raise ValueError(
                f"even={even!r}; a stream has no known length: expected 'no' or 'drop'"
            )
        self.files = [str(f) for f in ([files] if isinstance(files, str | Path) else files)]
        self.batch_size, self.shuffle, self.seed, self.even = batch_size, shuffle, seed, even
        self.rank = this_rank(rank, world_size)
        self.cursor = Cursor(self.identity(0))

    def identity(self, workers: int) -> dict[str, Any]:
        """Return what must be equal for a state to mean the same batches."""
        return {
            "files": [Path(file).name for file in self.files],
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "seed": self.seed,
            "even": self.even,
            "rank": self.rank.number,
            "world_size": self.rank.of,
            # Each worker has its own buffer; in the files' order their number does not matter.
            **({"workers": max(1, workers)} if self.shuffle else {}),
        }

    def __iter__(self) -> Iterator[Batch]:
        for batch in self.batches(*self.cursor.begin()):
            self.cursor.step()
            yield batch
        self.cursor.finish()

    def batches(
        self, epoch: int, start: int = 0, worker: int = 0, workers: int = 1
    ) -> Iterator[Batch]:
        """Yield an epoch's batches from number `start` on, as far as a worker makes them.

        Taken from the workers in turn, they are the epoch's. Records before `start` are read and
        verified again.

        Raises:
            RecordError: a record is damaged or not a variant record; names file, record and byte.
            OSError: a file cannot be read.
        """
        share = (start + worker) % workers
        used = len(range(share, start, workers))
        with closing(ahead(self.files)) as read:
            yield from self._share(read, epoch, share, workers, used)

    def _share(
        self, read: Iterator[VariantRecord], epoch: int, share: int, workers: int, used: int
    ) -> Iterator[Batch]:
        """Yield a share's batches, but for those that were used."""
        records = self._dealt(read, share, workers)
        if self.shuffle:
            key = [self.seed, epoch, self.rank.number, share]
            size = max(1, self.shuffle // workers)
            records = _shuffled(records, size, np.random.default_rng(key))
        for _ in islice(records, used * self.batch_size):
            pass
        buffers = Buffers()
        while batch := gather(records, self.batch_size, buffers):
            yield batch

    def _dealt(
        self, read: Iterator[VariantRecord], share: int, workers: int
    ) -> Iterator[VariantRecord]:
        """Yield one worker's records of this rank, which come batch after batch in turn."""
        for number, record in enumerate(self._of_rank(read)):
            if number // self.batch_size % workers == share:
                yield record

    def _of_rank(self, read: Iterator[VariantRecord]) -> Iterator[VariantRecord]:
        mine: VariantRecord | None = None
        for number, record in enumerate(read):
            place = number % self.rank.of
            if place == self.rank.number:
                mine = record
            last = self.rank.number if self.even == "no" else self.rank.of - 1
            if place == last and mine is not None:
                yield mine


def _shuffled(
    records: Iterator[VariantRecord], size: int, random: np.random.Generator
) -> Iterator[VariantRecord]:
    """Yield records drawn from a buffer, each replaced by the next one read."""
    buffer: list[VariantRecord] = []
    for record in records:
        if len(buffer) < size:
            buffer.append(record)
            continue
        drawn = int(random.integers(size))
        yield buffer[drawn]
        buffer[drawn] = record
    yield from (buffer[i] for i in random.permutation(len(buffer)))
