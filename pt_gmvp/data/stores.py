"""Variants of a tensor store: memory-mapped, each residue's row stored only once."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from converters.buffers import Buffers
from converters.columns import FEATURE_COLUMNS, WINDOW
from converters.records.variant_record import VariantRecord
from converters.store.reader import Store
from converters.store.tensors import StoreError
from pt_gmvp.data.batch import Batch, ValuesError, assemble
from pt_gmvp.data.source import VariantDataset


class StoreDataset(VariantDataset):
    """Variants of a store, in its order.

    Args:
        path: the store's folder.
        share_windows: include each distinct window of a batch once, so that the model encodes it
            only once; `Batch.window` maps variants to windows.
        verify: check every shard's checksum when it is first used.

    Raises:
        StoreError: not a store, a damaged one, or one whose windows do not fit the model.
        OSError: it cannot be read.
    """

    def __init__(self, path: str | Path, share_windows: bool = False, verify: bool = True) -> None:
        self.store = Store.open(path, verify=verify)
        self.share_windows = share_windows
        self._buffers = Buffers()
        if (self.store.window, self.store.columns) != (WINDOW, FEATURE_COLUMNS):
            raise StoreError(
                f"{path}: contains windows of {self.store.window} x {self.store.columns}; the "
                f"model takes {WINDOW} x {FEATURE_COLUMNS}: convert the records with that width"
            )

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, index: int) -> VariantRecord:
        return self.store.record(self._number(index))

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        numbers = np.array([self._number(index) for index in indices], np.int64)
        found = self.store.gather(numbers, self.share_windows, self._buffers, _take_rows)
        label = found.label if found.labelled.all() else None
        windows = found.feature, found.mask, found.window
        try:
            return assemble(found.var_id, label, found.ref_aa, found.alt_aa, *windows)
        except ValuesError as error:
            raise StoreError(f"{self.store.path}: {error}") from None

    @property
    def var_ids(self) -> list[str]:
        """Return every variant's name."""
        return self.store.ids()

    @property
    def labels(self) -> NDArray[np.float32]:
        """Return every variant's label, (len,) float32; NaN where it has none."""
        label, labelled = self.store.labels()
        return np.where(labelled, label, np.nan).astype(np.float32)


def _take_rows(
    rows: NDArray[np.float32], numbers: NDArray[np.int32], out: NDArray[np.float32]
) -> None:
    """Copy rows by number with torch's threads."""
    with warnings.catch_warnings():
        # The mapped rows are read-only, but nothing here writes to them.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        source = torch.from_numpy(rows)
    torch.index_select(source, 0, torch.from_numpy(numbers), out=torch.from_numpy(out))
