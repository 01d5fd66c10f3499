"""What the map-style data sets have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from converters.records.variant_record import VariantRecord
from pt_gmvp.data.batch import Batch, collate


class VariantDataset(Dataset[VariantRecord], ABC):
    """Variants by number, from 0; `__getitems__` gathers a whole batch at once.

    A DataLoader over it needs `collate_fn=as_batch`; `loader` sees to that. It can be sent to
    worker processes, started by fork or by spawn: what it has open is opened anew there.
    """

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: int) -> VariantRecord:
        """One variant as stored, the centre open; raises IndexError beyond the last."""

    @abstractmethod
    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """A batch of variants in the order of `indices`, the centre masked."""

    @property
    @abstractmethod
    def var_ids(self) -> list[str]:
        """Every variant's name."""

    @property
    @abstractmethod
    def labels(self) -> NDArray[np.float32]:
        """Every variant's label, (len,) float32; NaN where it has none."""

    def _number(self, index: int) -> int:
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"no variant {index}; there are {len(self)}, from 0")
        return number


def as_batch(fetched: "Batch | Sequence[VariantRecord]") -> Batch:
    """What a data set gave, as a batch: single records are put together."""
    return fetched if isinstance(fetched, Batch) else collate(fetched)


def label_array(labels: Sequence[int | None]) -> NDArray[np.float32]:
    """Labels as (N,) float32, NaN for None."""
    return np.array([np.nan if label is None else label for label in labels], np.float32)
