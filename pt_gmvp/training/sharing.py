"""Shares of a batch: among processes, and in pieces that one process takes one after the other."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch

from pt_gmvp.data import Batch, EpochSampler
from pt_gmvp.data.order import Rank


class SharedBatches(EpochSampler):
    """This process' part of each batch of an epoch, in an order by (seed, epoch) alone.

    Of R processes the r-th takes every R-th row of a batch from the r-th on, so that a step
    consists of the same variants for every R, and a state fits every R. The last batch may have
    fewer rows than there are processes; an empty part then holds the batch's first row as a
    stand-in, as DistributedDataParallel needs every process at every step, and `rows` is empty.
    """

    def __init__(self, length: int, batch_size: int, seed: int, part: Rank) -> None:
        super().__init__(length, batch_size, shuffle=True, seed=seed, rank=0, world_size=1)
        self.part = part

    def batches(self, epoch: int, start: int = 0) -> Iterator[list[int]]:
        """Yield the parts of an epoch from batch `start` on; the position is unchanged."""
        for batch in super().batches(epoch, start):
            yield batch[self.part.number :: self.part.of] or batch[:1]

    def whole(self, epoch: int, number: int) -> list[int]:
        """Return all variants of one batch of an epoch."""
        return next(super().batches(epoch, number))

    def size(self, number: int) -> int:
        """Return the number of variants in a batch of an epoch, over all processes."""
        return min(self.batch_size, self.length - number * self.batch_size)

    def rows(self, number: int) -> range:
        """Return the rows of a batch that this process has; none if its part is a stand-in."""
        return range(self.part.number, self.size(number), self.part.of)


class Piece(NamedTuple):
    """Part of a process' part: the variants, their rows in the whole batch, their share of it.

    The share of a stand-in is 0.
    """

    batch: Batch
    rows: Sequence[int]
    share: float


def pieces(batch: Batch, rows: Sequence[int], size: int, number: int) -> list[Piece]:
    """Cut a process' part into `number` pieces, or as many as it has rows.

    Args:
        batch: the part.
        rows: its rows in the whole batch; none if it is a stand-in.
        size: rows of the whole batch.
        number: how many pieces.
    """
    if not rows:
        return [Piece(batch, [0], 0.0)]
    number = min(number, len(rows))
    edges = [len(rows) * piece // number for piece in range(number + 1)]
    return [
        Piece(_rows(batch, slice(start, stop)), rows[start:stop], (stop - start) / size)
        for start, stop in pairwise(edges)
    ]


def _rows(batch: Batch, rows: slice) -> Batch:
    if len(range(*rows.indices(len(batch.var_id)))) == len(batch.var_id):
        return batch
    feature, mask, window = batch.feature, batch.mask, batch.window
    if window is None:
        feature, mask = feature[rows], mask[rows]
    else:
        used, window = torch.unique(window[rows], return_inverse=True)
        feature, mask = feature[used], mask[used]
    label = None if batch.label is None else batch.label[rows]
    ids = batch.var_id[rows]
    return Batch(ids, label, batch.ref_aa[rows], batch.alt_aa[rows], feature, mask, window)
