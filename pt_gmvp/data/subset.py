"""Some of the variants of a data set, as a data set."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from converters.records.variant_record import VariantRecord
from pt_gmvp.data.batch import Batch
from pt_gmvp.data.source import VariantDataset


class SubsetDataset(VariantDataset):
    """The variants of `source` with the given numbers, in their order."""

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
        """Every variant's name."""
        names = self.source.var_ids
        return [names[number] for number in self.numbers]

    @property
    def labels(self) -> NDArray[np.float32]:
        """Every variant's label, (len,) float32; NaN where it has none."""
        return self.source.labels[self.numbers]
