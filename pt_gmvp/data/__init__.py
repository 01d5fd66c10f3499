"""Variants as the model takes them: from records, stores or tables to batches of tensors.

Readers of stores and tables are imported on first use: records need neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pt_gmvp.data.batch import Batch, collate
from pt_gmvp.data.cutting import MatrixError, windows
from pt_gmvp.data.loading import Loader, loader
from pt_gmvp.data.order import EpochSampler
from pt_gmvp.data.records import RecordDataset, read_batches
from pt_gmvp.data.source import VariantDataset, as_batch
from pt_gmvp.data.stream import RecordStream

if TYPE_CHECKING:
    from pt_gmvp.data.stores import StoreDataset
    from pt_gmvp.data.tables import TableDataset

_LATER = {"StoreDataset": "stores", "TableDataset": "tables"}

__all__ = [
    "Batch",
    "EpochSampler",
    "Loader",
    "MatrixError",
    "RecordDataset",
    "RecordStream",
    "StoreDataset",
    "TableDataset",
    "VariantDataset",
    "as_batch",
    "collate",
    "loader",
    "read_batches",
    "windows",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
