"""Variants as the model takes them: batches of records, and windows of a feature matrix."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from converters.tfrecord import VariantRecord, read_records
from pt_gmvp.config import CENTER, FEATURE_COLUMNS, WINDOW


class MatrixError(ValueError):
    """A feature matrix of another shape, or a position that is not in it."""


class Batch(NamedTuple):
    """Variants, ready for the model.

    `var_id` B names; `label` (B,) float32, 0 or 1, or None where a record has none; `ref_aa` and
    `alt_aa` (B,) int64; `feature` (B, L, 435) and `mask` (B, L) float32, the centre masked;
    `window` (B,) int64, the row of the latter two for each variant, or None where each has its own.
    """

    var_id: list[str]
    label: Tensor | None
    ref_aa: Tensor
    alt_aa: Tensor
    feature: Tensor
    mask: Tensor
    window: Tensor | None = None

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]:
        """The model's arguments: model(*batch.inputs)."""
        return self.ref_aa, self.alt_aa, self.feature, self.mask, self.window

    def to(self, device: torch.device | str) -> "Batch":
        """Move every tensor to a device; the model itself casts to its dtype."""
        return Batch(
            var_id=self.var_id,
            label=None if self.label is None else self.label.to(device),
            ref_aa=self.ref_aa.to(device),
            alt_aa=self.alt_aa.to(device),
            feature=self.feature.to(device),
            mask=self.mask.to(device),
            window=None if self.window is None else self.window.to(device),
        )


def read_batches(path: str | Path, batch_size: int) -> Iterator[Batch]:
    """Read variant records in file order, the centre of each masked; the last batch may be smaller.

    Raises:
        RecordError: of converters.tfrecord, for a damaged file or a record that is no variant.
        OSError: the file cannot be read.
    """
    records = read_records(path)
    while chunk := list(islice(records, batch_size)):
        yield collate(chunk)


def collate(records: Sequence[VariantRecord]) -> Batch:
    """Make one batch of records, the centre of each masked: a variant does not attend to itself."""
    labels = [record.label for record in records if record.label is not None]
    mask = torch.from_numpy(np.stack([record.mask for record in records]))
    mask[:, CENTER] = 1
    return Batch(
        var_id=[record.var_id for record in records],
        label=torch.tensor(labels, dtype=torch.float32) if len(labels) == len(records) else None,
        ref_aa=torch.tensor([record.ref_aa for record in records]),
        alt_aa=torch.tensor([record.alt_aa for record in records]),
        feature=torch.from_numpy(np.stack([record.feature for record in records])),
        mask=mask,
    )


def windows(matrix: NDArray[np.floating[Any]], positions: Iterable[int]) -> tuple[Tensor, Tensor]:
    """Cut the windows around some positions of a protein.

    Args:
        matrix: (protein length, 435), a transcript's feature matrix.
        positions: P positions, the first residue being 0.

    Returns:
        feature (P, L, 435) float32, zero outside of the protein, and mask (P, L) float32, 1 outside
        of the protein and at the centre, else 0.

    Raises:
        MatrixError: a matrix of another shape, or a position outside of the protein.
    """
    if matrix.ndim != 2 or matrix.shape[1] != FEATURE_COLUMNS:
        raise MatrixError(
            f"the feature matrix has shape {matrix.shape}; expected (length, {FEATURE_COLUMNS})"
        )
    centers = torch.as_tensor(list(positions), dtype=torch.int64)
    outside = centers[(centers < 0) | (centers >= len(matrix))]
    if len(outside):
        raise MatrixError(
            f"position {outside[0].item()} is not in the protein; expected 0 to {len(matrix) - 1}"
        )
    # Padded by half a window on either side, the window of position p starts at row p.
    rows = torch.as_tensor(matrix, dtype=torch.float32)
    rows = functional.pad(rows, (0, 0, CENTER, CENTER))
    beyond = functional.pad(torch.zeros(len(matrix)), (CENTER, CENTER), value=1)
    index = centers[:, None] + torch.arange(WINDOW)
    mask = beyond[index]
    mask[:, CENTER] = 1
    return rows[index], mask


def window(matrix: NDArray[np.floating[Any]], position: int) -> tuple[Tensor, Tensor]:
    """Cut one window, as `windows` does: feature (L, 435) and mask (L,)."""
    feature, mask = windows(matrix, [position])
    return feature[0], mask[0]
