"""Candidate's readers, from files to batches. PyTorch is imported on first use."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.port import Built
from parity.declaring.weight import Options
from parity.ports.gmvp.data_inputs import BATCH, as_outputs, bits, labels_of, record_file

if TYPE_CHECKING:
    from torch import Tensor

    from pt_gmvp.data import Batch
    from pt_gmvp.data.source import VariantDataset

# The original's reader for prediction returns no label, even if the file has one.
_NO_LABEL = ("label", "test")


def records(options: Options, dtype: str) -> Built:
    """Build a reader, by any of the port's ways from a record file to batches; floats as bits."""

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        arrays = {name: tensor.numpy() for name, tensor in inputs.items()}
        with record_file(arrays, compressed=options["way"] == "gzip") as path:
            batches = list(_batches(path, options))
        read = {
            name: np.concatenate(
                [_row_per_variant(batch, name, options["way"]) for batch in batches]
            )
            for name in ("ref_aa", "alt_aa", "feature", "mask", "label")
            if getattr(batches[0], name) is not None and (name, options["reader"]) != _NO_LABEL
        }
        names = [name for batch in batches for name in batch.var_id]
        return _tensors(as_outputs(names, read, in_order=options["reader"] != "training"))

    return Built(call)


def _tensors(arrays: Arrays) -> dict[str, "Tensor"]:
    import torch

    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _row_per_variant(batch: "Batch", name: str, way: str) -> Array:
    """Return an array of a batch with one row per variant, where variants share windows too.

    Raises ValueError if they share windows, or do not, unlike what the way asks for.
    """
    if (batch.window is not None) != way.endswith("shared"):
        raise ValueError(f"windows are {'not ' * (batch.window is None)}shared by {way}")
    array: Array = getattr(batch, name).numpy()
    if batch.window is None or name not in ("feature", "mask"):
        return array
    rows: Array = array[batch.window.numpy()]
    return rows


def _singly(dataset: "VariantDataset") -> list["Batch"]:
    """Read one variant after another, with names and labels as the data set lists them."""
    import torch

    from pt_gmvp.data.batch import collate

    batch = collate([dataset[number] for number in range(len(dataset))])
    return [batch._replace(var_id=dataset.var_ids, label=torch.from_numpy(dataset.labels))]


def _batches(path: Path, options: Options) -> Iterable["Batch"]:
    from pt_gmvp import data

    shuffle = options["reader"] == "training"
    if options["way"] == "file" and not shuffle:
        return data.read_batches(path, BATCH)
    if options["way"] in ("stream", "gzip"):
        return data.loader(data.RecordStream(path, BATCH))
    if options["way"] == "singly":
        return _singly(data.RecordDataset(path))
    if options["way"].startswith("store"):
        from converters.records.variant_record import read_records
        from converters.store.writer import write_store

        write_store(path.with_name("store"), read_records(path))
        store = data.StoreDataset(path.with_name("store"), options["way"] == "store-shared")
        return _singly(store) if options["way"] == "store-singly" else data.loader(store, BATCH)
    workers = 2 if options["way"] == "workers" else 0
    return data.loader(
        data.RecordDataset(path),
        BATCH,
        shuffle=shuffle,
        num_workers=workers,
        # A process that has run TensorFlow must not fork.
        multiprocessing_context="spawn",
    )


def windows(options: Options, dtype: str) -> Built:
    """Build the port's cutting of windows out of a feature matrix; floats as bits."""
    from pt_gmvp.data import windows as cut

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        arrays = {name: tensor.numpy() for name, tensor in inputs.items()}
        if options["way"] == "windows":
            matrix, positions = arrays["matrix"].view(np.float64), arrays["positions"].tolist()
            feature, mask = (part.numpy() for part in cut(matrix, positions))
            return _tensors({"feature": bits(feature), "mask": bits(mask)})
        batches = _from_table(arrays, options["way"])
        read = {
            name: np.concatenate(
                [_row_per_variant(batch, name, options["way"]) for batch in batches]
            )
            for name in ("feature", "mask", "ref_aa", "alt_aa", "label")
        }
        return _tensors({name: bits(array) for name, array in read.items()})

    return Built(call)


def _from_table(inputs: Arrays, way: str) -> list["Batch"]:
    """Read batches of variants from a table and a folder of matrices."""
    from converters.residues import letter
    from pt_gmvp.data import TableDataset, loader

    with tempfile.TemporaryDirectory() as folder:
        matrix = inputs["matrix"].view(np.float64)
        np.save(Path(folder) / "protein.npy", matrix)
        table = Path(folder) / "variants.tsv"
        columns = (inputs["positions"], inputs["alt_aa"], labels_of(inputs))
        rows = [
            ("protein", str(at + 1), letter(int(matrix[at, 0])), letter(alt_aa), str(label))
            for at, alt_aa, label in zip(*(column.tolist() for column in columns), strict=True)
        ]
        header = ("transcript_id", "aa_pos", "ref_aa", "alt_aa", "target")
        table.write_text("".join("\t".join(row) + "\n" for row in (header, *rows)))
        variants = TableDataset(table, folder, share_windows=way == "table-shared")
        return _singly(variants) if way == "table-singly" else list(loader(variants, BATCH))
