"""Data for the model: from records, stores or tables of variants to batches of tensors."""

from pt_gmvp.data.batch import Batch, collate
from pt_gmvp.data.cutting import MatrixError, windows
from pt_gmvp.data.loading import Loader, loader
from pt_gmvp.data.order import EpochSampler
from pt_gmvp.data.records import RecordDataset, read_batches
from pt_gmvp.data.source import VariantDataset, as_batch
from pt_gmvp.data.stores import StoreDataset
from pt_gmvp.data.stream import RecordStream
from pt_gmvp.data.tables import TableDataset

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
