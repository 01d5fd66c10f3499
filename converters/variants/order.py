"""The original's order of variants: shuffled, sliced, grouped by transcript."""

from collections.abc import Sequence

import numpy as np

from converters.variants.rows import Variant

SEED = 2020


def shuffled(variants: Sequence[Variant]) -> list[Variant]:
    """Shuffle as the original does, with pandas' `sample(frac=1, random_state=2020)`.

    pandas uses numpy's legacy RandomState.permutation, which numpy guarantees not to change.
    """
    order = np.random.RandomState(SEED).permutation(len(variants))
    return [variants[index] for index in order.tolist()]


def slices(variants: Sequence[Variant], number: int) -> list[list[Variant]]:
    """Cut into slices of nearly equal length, the longer ones first."""
    size, more = divmod(len(variants), number)
    ends = np.cumsum([size + 1] * more + [size] * (number - more)).tolist()
    return [list(variants[end - (size + (n < more)) : end]) for n, end in enumerate(ends)]


def grouped(variants: Sequence[Variant]) -> list[Variant]:
    """Sort variants by transcript, keeping the order within each."""
    return sorted(variants, key=lambda variant: variant.transcript)
