"""Variants as the model takes them: from records, stores or tables to batches of tensors.

What reads stores and tables is imported when it is first asked for: records need neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pt_gmvp.data.batch import Batch, collate
from pt_gmvp.data.cursor import StateError
from pt_gmvp.data.cutting import MatrixError, window, windows
from pt_gmvp.data.loading import Loader, loader
from pt_gmvp.data.order import EpochSampler
from pt_gmvp.data.records import RecordDataset, read_batches
from pt_gmvp.data.source import VariantDataset, as_batch
from pt_gmvp.data.stream import RecordStream

if TYPE_CHECKING:
    from pt_gmvp.data.stores import StoreDataset
    from pt_gmvp.data.tables import TableDataset, VariantError

_LATER = {"StoreDataset": "stores", "TableDataset": "tables", "VariantError": "tables"}

__all__ = [
    "Batch",
    "EpochSampler",
    "Loader",
    "MatrixError",
    "RecordDataset",
    "RecordStream",
    "StateError",
    "StoreDataset",
    "TableDataset",
    "VariantDataset",
    "VariantError",
    "as_batch",
    "collate",
    "loader",
    "read_batches",
    "window",
    "windows",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
