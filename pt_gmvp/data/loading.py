"""DataLoader that can be stopped and resumed at any batch."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler, get_worker_info

from converters.errors import InputError
from pt_gmvp.data.batch import Batch
from pt_gmvp.data.cursor import Cursor, Resumable
from pt_gmvp.data.order import EpochSampler, Even
from pt_gmvp.data.source import VariantDataset
from pt_gmvp.data.stream import RecordStream


class _Refused:
    """Error passed out of a worker process, unchanged and without a traceback."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _ErrorsAsValues(Dataset[Batch]):
    """A data set whose errors are returned as values: a DataLoader would wrap them in text."""

    def __init__(self, source: VariantDataset) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def __getitems__(self, indices: Sequence[int]) -> Batch | _Refused:
        try:
            return self.source.__getitems__(indices)
        except (InputError, OSError) as error:
            return _Refused(error)


class _StreamErrorsAsValues(IterableDataset[Batch]):
    """The same for a stream; each worker process reads its own part.

    The start of a pass is in shared memory, as workers outlive the pass that they were made for.
    """

    def __init__(self, source: RecordStream) -> None:
        self.source = source
        self.begin = torch.zeros(2, dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]

    def __iter__(self) -> Iterator[Batch | _Refused]:  # type: ignore[override]
        epoch, start = self.begin.tolist()
        info = get_worker_info()
        worker = (info.id, info.num_workers) if info else (0, 1)
        try:
            yield from self.source.batches(epoch, start, *worker)
        except (InputError, OSError) as error:
            yield _Refused(error)


class _Pass(Sampler[list[int]]):
    """Index batches of one pass, whose beginning the loader sets."""

    def __init__(self, order: EpochSampler) -> None:
        self.order = order
        self.begin = (0, 0)

    def __iter__(self) -> Iterator[list[int]]:
        return self.order.batches(*self.begin)

    def __len__(self) -> int:
        return len(self.order)


def _as_fetched(fetched: Any) -> Any:
    return fetched


class Loader(Resumable, DataLoader[Batch]):
    """DataLoader of `Batch`es with a state; made by `loader`.

    A pass is one epoch, and a complete one is followed by the next; an abandoned one starts over.
    `state_dict` counts the batches yielded, not those that workers have made ahead, so that
    resuming neither repeats nor skips any. Errors of a data set (InputError, OSError) are raised
    here unchanged, from worker processes too.
    """

    def __init__(self, source: VariantDataset | RecordStream, order: Any, **options: Any) -> None:
        if isinstance(source, RecordStream):
            self._pass: _Pass | _StreamErrorsAsValues = _StreamErrorsAsValues(source)
            identity = source.identity(options["num_workers"])
            super().__init__(self._pass, batch_size=None, collate_fn=_as_fetched, **options)
        else:
            self._pass = _Pass(order)
            identity = order.cursor.identity
            super().__init__(
                _ErrorsAsValues(source), batch_sampler=self._pass, collate_fn=_as_fetched, **options
            )
        self.cursor = Cursor(identity)

    def __len__(self) -> int:
        """Return the number of batches in an epoch; raise TypeError for a stream."""
        if isinstance(self._pass, _StreamErrorsAsValues):
            raise TypeError("a stream of records has no length; use a RecordDataset instead")
        return len(self._pass)

    @property
    def epoch(self) -> int:
        """Return the epoch of the current pass, or of the next one."""
        return self.cursor.epoch

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        begin = self.cursor.begin()
        if isinstance(self._pass, _StreamErrorsAsValues):
            self._pass.begin.copy_(torch.tensor(begin))
        else:
            self._pass.begin = begin
        for batch in super().__iter__():
            if isinstance(batch, _Refused):
                raise batch.error
            self.cursor.step()
            yield batch
            # Dropped before the next is made, so that its memory can be reused.
            del batch
        self.cursor.finish()


def loader(
    source: VariantDataset | RecordStream,
    batch_size: int | None = None,
    shuffle: bool = False,
    seed: int = 0,
    num_workers: int = 0,
    drop_last: bool = False,
    even: Even = "no",
    rank: int | None = None,
    world_size: int | None = None,
    pin_memory: bool | None = None,
    multiprocessing_context: str | None = None,
) -> Loader:
    """Make a loader over a data set; the batches are the same whatever `num_workers` is.

    Args:
        source: a VariantDataset, or a RecordStream, which has its own settings from `batch_size` to
            `world_size`.
        batch_size: variants in a batch.
        shuffle: a new order for each epoch, by (seed, epoch) alone.
        seed: whole number from 0.
        num_workers: processes that make batches ahead; 0 for none.
        drop_last: omit a last, smaller batch.
        even: "pad" or "drop" to give all ranks the same number of variants; see `epoch_order`.
        rank: number of this process; torch.distributed's if not given.
        world_size: number of processes, given together with `rank`.
        pin_memory: yield batches in page-locked memory; by default if CUDA is available.
        multiprocessing_context: how workers are started: "fork" (Linux' default) or "spawn".

    Raises:
        ValueError: settings that contradict each other.
    """
    options: dict[str, Any] = {
        "num_workers": num_workers,
        "pin_memory": torch.cuda.is_available() if pin_memory is None else pin_memory,
        "persistent_workers": num_workers > 0,
        "multiprocessing_context": multiprocessing_context if num_workers else None,
    }
    if isinstance(source, RecordStream):
        given = (batch_size, shuffle, seed, drop_last, even, rank, world_size)
        if given != (None, False, 0, False, "no", None, None):
            raise ValueError(
                "pass batch size, order and rank to the RecordStream, not to the loader"
            )
        return Loader(source, None, **options)
    if batch_size is None:
        raise ValueError("no batch_size; expected the number of variants in a batch")
    order = EpochSampler(len(source), batch_size, shuffle, seed, drop_last, even, rank, world_size)
    return Loader(source, order, **options)
