"""Order of an epoch's variants, shared among ranks, and the sampler that follows it."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Sampler

from pt_gmvp.data.cursor import Cursor, Resumable

Even = Literal["no", "pad", "drop"]


class Rank(NamedTuple):
    """Number of this process among several, each of which reads a part of the data."""

    number: int
    of: int


def this_rank(rank: int | None = None, world_size: int | None = None) -> Rank:
    """Return the given rank, else torch.distributed's if it is initialised, else 0 of 1.

    Raises:
        ValueError: only one of the two was given, or the rank is not below the world's size.
    """
    if (rank is None) != (world_size is None):
        raise ValueError("expected both rank and world_size, or neither")
    if rank is None or world_size is None:
        distributed = torch.distributed
        if distributed.is_available() and distributed.is_initialized():
            return Rank(distributed.get_rank(), distributed.get_world_size())
        return Rank(0, 1)
    if not 0 <= rank < world_size:
        raise ValueError(f"rank {rank} of {world_size}; expected 0 to {world_size - 1}")
    return Rank(rank, world_size)


def epoch_order(
    length: int, shuffle: bool, seed: int, epoch: int, rank: Rank, even: Even = "no"
) -> NDArray[np.int64]:
    """Return the numbers of the variants that a rank reads in an epoch, in order.

    The order of all variants is a permutation that depends on (seed, epoch) alone; rank r of R
    takes every R-th from the r-th on. With `even` "no", each variant is read once over all ranks,
    and the ranks' numbers differ by at most one. "pad" repeats the first variants, and "drop"
    omits the last, to give all ranks the same number, as DistributedDataParallel needs.
    """
    order = np.arange(length)
    if shuffle:
        order = np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(length)
    surplus = length % rank.of
    if even == "drop":
        order = order[: length - surplus]
    elif even == "pad" and surplus:
        order = np.resize(order, length + rank.of - surplus)
    return order[rank.number :: rank.of]


def check_seed(seed: int) -> None:
    """Raise ValueError if a seed is out of range."""
    if not 0 <= seed < 1 << 63:
        raise ValueError(f"seed={seed}; expected a whole number from 0 to 2^63 - 1")


class EpochSampler(Resumable, Sampler[list[int]]):
    """Sampler of an epoch's batches: seeded, shared among ranks, resumable at any batch.

    Each pass is one epoch; a complete one is followed by the next, in the next order, unless
    `set_epoch` chooses another. An abandoned pass starts over, unless a state was loaded.

    `state_dict` counts the batches drawn. Worker processes draw more than are used: take the state
    of the `Loader` then, which counts those that it yielded.

    Args:
        length: number of variants.
        batch_size: variants in a batch; the last of an epoch may have fewer.
        shuffle: a new order for each epoch, by (seed, epoch) alone, else the order of the data.
        seed: whole number from 0.
        drop_last: omit a last, smaller batch.
        even: what to do if the variants cannot be shared evenly; see `epoch_order`.
        rank: number of this process; torch.distributed's if not given.
        world_size: number of processes, given together with `rank`.
    """

    def __init__(
        self,
        length: int,
        batch_size: int,
        shuffle: bool = False,
        seed: int = 0,
        drop_last: bool = False,
        even: Even = "no",
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        check_seed(seed)
        if batch_size < 1:
            raise ValueError(f"a batch of {batch_size}; expected 1 or more")
        if even not in ("no", "pad", "drop"):
            raise ValueError(f"even={even!r}; expected 'no', 'pad' or 'drop'")
        self.length, self.batch_size, self.shuffle, self.seed = length, batch_size, shuffle, seed
        self.drop_last, self.even = drop_last, even
        self.rank = this_rank(rank, world_size)
        self.cursor = Cursor(
            {
                "length": length,
                "batch_size": batch_size,
                "shuffle": shuffle,
                "seed": seed,
                "drop_last": drop_last,
                "even": even,
                "rank": self.rank.number,
                "world_size": self.rank.of,
            }
        )

    def __len__(self) -> int:
        """Return the number of this rank's batches in an epoch."""
        share = len(range(self.rank.number, self._shared, self.rank.of))
        return share // self.batch_size if self.drop_last else -(-share // self.batch_size)

    @property
    def _shared(self) -> int:
        surplus = self.length % self.rank.of
        if self.even == "no" or not surplus:
            return self.length
        if self.even == "drop" or not self.length:
            return self.length - surplus
        return self.length + self.rank.of - surplus

    def batches(self, epoch: int, start: int = 0) -> Iterator[list[int]]:
        """Yield the batches of an epoch from number `start` on; the position is unchanged."""
        order = epoch_order(self.length, self.shuffle, self.seed, epoch, self.rank, self.even)
        for number in range(start, len(self)):
            first = number * self.batch_size
            yield order[first : first + self.batch_size].tolist()

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches(*self.cursor.begin()):
            self.cursor.step()
            yield batch
        self.cursor.finish()
