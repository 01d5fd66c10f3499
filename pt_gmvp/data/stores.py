"""Variants out of a tensor store: memory-mapped, each residue's row on disk but once."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from converters.buffers import Buffers
from converters.records.variant_record import VariantRecord
from converters.store.reader import Store
from converters.store.tensors import StoreError
from pt_gmvp.config import FEATURE_COLUMNS, WINDOW
from pt_gmvp.data.batch import Batch, assemble
from pt_gmvp.data.source import VariantDataset


class StoreDataset(VariantDataset):
    """The variants of a store, in its order.

    Args:
        path: the store's folder.
        share_windows: give each distinct window of a batch once, with `Batch.window` saying which
            is whose; the model then encodes it but once.
        verify: hold every shard to its checksum when it is first used.

    Raises:
        StoreError: no store, a damaged one, or one of windows that the model does not take.
        OSError: it cannot be read.
    """

    def __init__(self, path: str | Path, share_windows: bool = False, verify: bool = True) -> None:
        self.store = Store.open(path, verify=verify)
        self.share_windows = share_windows
        self._buffers = Buffers()
        if (self.store.window, self.store.columns) != (WINDOW, FEATURE_COLUMNS):
            raise StoreError(
                f"{path}: holds windows of {self.store.window} x {self.store.columns}; the model "
                f"takes {WINDOW} x {FEATURE_COLUMNS}, so convert the records with that width"
            )

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, index: int) -> VariantRecord:
        return self.store.record(self._number(index))

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        numbers = np.array([self._number(index) for index in indices], np.int64)
        found = self.store.gather(numbers, self.share_windows, self._buffers, _take_rows)
        return assemble(
            found.var_id,
            found.label if found.labelled.all() else None,
            found.ref_aa,
            found.alt_aa,
            found.feature,
            found.mask,
            found.window,
        )

    @property
    def var_ids(self) -> list[str]:
        """Every variant's name."""
        return self.store.ids()

    @property
    def labels(self) -> NDArray[np.float32]:
        """Every variant's label, (len,) float32; NaN where it has none."""
        label, labelled = self.store.labels()
        return np.where(labelled, label, np.nan).astype(np.float32)


def _take_rows(
    rows: NDArray[np.float32], numbers: NDArray[np.int32], out: NDArray[np.float32]
) -> None:
    """Copy rows by their numbers with torch's threads."""
    with warnings.catch_warnings():
        # That the mapped rows cannot be written to: nothing here does.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        held = torch.from_numpy(rows)
    torch.index_select(held, 0, torch.from_numpy(numbers), out=torch.from_numpy(out))
