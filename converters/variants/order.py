"""The original's order of variants: shuffled, sliced, grouped by transcript."""

import numpy as np
from numpy.typing import NDArray

from converters.variants.rows import Rows

SEED = 2020

Numbers = NDArray[np.int64]


def shuffled(number: int) -> Numbers:
    """Shuffle as the original does, with pandas' `sample(frac=1, random_state=2020)`.

    pandas uses numpy's legacy RandomState.permutation, which numpy guarantees not to change.

    Returns:
        (number,) int64, the variants in their new order.
    """
    return np.random.RandomState(SEED).permutation(number).astype(np.int64)


def slices(numbers: Numbers, number: int) -> list[Numbers]:
    """Cut into slices of nearly equal length, the longer ones first."""
    return [part.astype(np.int64) for part in np.array_split(numbers, number)]


def grouped(rows: Rows, numbers: Numbers) -> Numbers:
    """Sort variants by their transcripts' ids, keeping the order within each."""
    ranks = np.empty(len(rows.transcripts), np.int64)
    by_name = sorted(range(len(rows.transcripts)), key=rows.transcripts.__getitem__)
    ranks[by_name] = np.arange(len(by_name))
    return numbers[np.argsort(ranks[rows.transcript[numbers]], kind="stable")]
