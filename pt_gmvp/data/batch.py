"""Batches of variants, made from records or arrays."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.buffers import Buffers
from converters.columns import CENTER, FEATURE_COLUMNS, N_AMINO_ACIDS, WINDOW
from converters.records.tfrecord import RecordError
from converters.records.variant_record import VariantRecord


class Batch(NamedTuple):
    """Variants in the form that the model accepts.

    `var_id` B names; `label` (B,) float32, 0 or 1, or None if any record has none; `ref_aa` and
    `alt_aa` (B,) int64; `feature` (B, L, 435) and `mask` (B, L) float32, the centre masked;
    `window` (B,) int64, each variant's row of these two, or None if each has its own.
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
        """Return the model's arguments, for model(*batch.inputs)."""
        return self.ref_aa, self.alt_aa, self.feature, self.mask, self.window

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "Batch":
        """Move every tensor to a device; the model casts to its own dtype.

        With `non_blocking`, the copy from pinned memory overlaps with the device's computation.
        """
        return self._with_each(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "Batch":
        """Copy every tensor to page-locked memory; called by a DataLoader with `pin_memory`."""
        return self._with_each(Tensor.pin_memory)

    def _with_each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        return Batch(
            var_id=self.var_id,
            label=None if self.label is None else change(self.label),
            ref_aa=change(self.ref_aa),
            alt_aa=change(self.alt_aa),
            feature=change(self.feature),
            mask=change(self.mask),
            window=None if self.window is None else change(self.window),
        )


class Head(NamedTuple):
    """A record without its window; fields as in VariantRecord."""

    var_id: str
    label: int | None
    ref_aa: int
    alt_aa: int


class ValuesError(RecordError):
    """Impossible values of a variant, which is number `row` of its batch."""

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row


def collate(records: Sequence[VariantRecord]) -> Batch:
    """Make a batch of records with the centres masked: a variant does not attend to itself.

    Raises:
        ValueError: there is no record.
    """
    batch = gather(iter(records), len(records))
    if batch is None:
        raise ValueError("no records to make a batch of; expected at least one")
    return batch


def gather(
    records: Iterator[VariantRecord], size: int, buffers: Buffers | None = None
) -> Batch | None:
    """Make a batch of the next `size` records, or of fewer at the end; None if there are none.

    Each record is copied right after it is read, while it is in the cache, so that the next can be
    read in its place. The arrays are numpy's, which requests huge pages: several times faster than
    torch's own.
    """
    buffers = Buffers() if buffers is None else buffers
    feature = buffers.empty((size, WINDOW, FEATURE_COLUMNS))
    mask = np.empty((size, WINDOW), np.float32)
    heads: list[Head] = []
    for row, record in enumerate(islice(records, size)):
        feature[row], mask[row] = record.feature, record.mask
        heads.append(Head(*record[:4]))
    return under_heads(heads, feature, mask)


def under_heads(
    heads: Sequence[Head], feature: NDArray[np.float32], mask: NDArray[np.float32]
) -> Batch | None:
    """Make a batch of the first rows, one for each head; None if there are no heads."""
    count = len(heads)
    if not count:
        return None
    names, labels, ref_aa, alt_aa = zip(*heads, strict=True)
    return assemble(
        list(names),
        None if None in labels else np.array(labels, np.int64),
        np.array(ref_aa, np.int64),
        np.array(alt_aa, np.int64),
        feature[:count],
        mask[:count],
    )


def assemble(
    var_id: list[str],
    label: NDArray[np.int64] | None,
    ref_aa: NDArray[np.int64],
    alt_aa: NDArray[np.int64],
    feature: NDArray[np.float32],
    mask: NDArray[np.float32],
    window: NDArray[np.int64] | None = None,
) -> Batch:
    """Make a batch that takes ownership of arrays; masks come as stored, the centre is masked here.

    Every batch is made here, so that none can miss the centre's mask, or be of impossible values.

    Raises:
        ValuesError: a label is not 0 or 1, a residue's code not 0 to 20, or a mask not 0 or 1; a
            model would be trained on it all the same.
    """
    _check(var_id, label, ref_aa, alt_aa, mask)
    mask[:, CENTER] = 1
    return Batch(
        var_id=var_id,
        label=None if label is None else torch.from_numpy(label.astype(np.float32)),
        ref_aa=torch.from_numpy(ref_aa),
        alt_aa=torch.from_numpy(alt_aa),
        feature=torch.from_numpy(feature),
        mask=torch.from_numpy(mask),
        window=None if window is None else torch.from_numpy(window),
    )


def _check(
    var_id: list[str],
    label: NDArray[np.int64] | None,
    ref_aa: NDArray[np.int64],
    alt_aa: NDArray[np.int64],
    mask: NDArray[np.float32],
) -> None:
    """Raise ValuesError for the first impossible value, naming the variant."""
    for name, values, most in (
        ("label", label, 1),
        ("ref_aa", ref_aa, N_AMINO_ACIDS),
        ("alt_aa", alt_aa, N_AMINO_ACIDS),
    ):
        if values is None or ((values >= 0) & (values <= most)).all():
            continue
        row = int(np.flatnonzero((values < 0) | (values > most))[0])
        expected = "0 or 1" if most == 1 else f"a residue code, 0 to {most}"
        raise ValuesError(
            row, f"{name} of {var_id[row]!a:.60} is {values[row]}; expected {expected}"
        )
    good = (mask == 0) | (mask == 1)
    if not good.all():
        row, place = (int(at) for at in np.argwhere(~good)[0])
        raise ValuesError(
            row, f"a mask holds {mask[row, place]:g} in row {place} (from 0); expected 0 or 1"
        )
