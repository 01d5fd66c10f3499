"""Data sets of variants by number: their common base, and part of one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from converters.records.variant_record import VariantRecord
from pt_gmvp.data.batch import Batch, collate


class VariantDataset(Dataset[VariantRecord], ABC):
    """Variants by number, from 0; `__getitems__` gathers a whole batch at once.

    A DataLoader over it needs `collate_fn=as_batch`, which `loader` passes. It can be sent to
    worker processes, started by fork or by spawn, which reopen its files.
    """

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: int) -> VariantRecord:
        """Return one variant as stored, the centre unmasked; raise IndexError beyond the last."""

    @abstractmethod
    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Return a batch of variants in the order of `indices`, the centre masked."""

    @property
    @abstractmethod
    def var_ids(self) -> list[str]:
        """Return every variant's name."""

    @property
    @abstractmethod
    def labels(self) -> NDArray[np.float32]:
        """Return every variant's label, (len,) float32; NaN where it has none."""

    def _number(self, index: int) -> int:
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"no variant {index}; there are {len(self)}, from 0")
        return number


class SubsetDataset(VariantDataset):
    """The variants of `source` with the given numbers, in the order of these."""

    def __init__(self, source: VariantDataset, numbers: Sequence[int]) -> None:
        self.source, self.numbers = source, list(numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: int) -> VariantRecord:
        return self.source[self.numbers[self._number(index)]]

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        return self.source.__getitems__([self.numbers[self._number(index)] for index in indices])

    @property
    def var_ids(self) -> list[str]:
        """Return every variant's name."""
        names = self.source.var_ids
        return [names[number] for number in self.numbers]

    @property
    def labels(self) -> NDArray[np.float32]:
        """Return every variant's label, (len,) float32; NaN where it has none."""
        return self.source.labels[self.numbers]


def as_batch(fetched: "Batch | Sequence[VariantRecord]") -> Batch:
    """Return a batch as it is, and single records collated."""
    return fetched if isinstance(fetched, Batch) else collate(fetched)


def label_array(labels: Sequence[int | None]) -> NDArray[np.float32]:
    """Return labels as (N,) float32, NaN for None."""
    return np.array([np.nan if label is None else label for label in labels], np.float32)
