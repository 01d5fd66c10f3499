"""Comparison of batches made of the records `variant_0` to `variant_22`."""

import torch

from pt_gmvp.data import Batch

NAMES = [f"variant_{number}" for number in range(23)]


def names(batches) -> list[list[str]]:
    return [batch.var_id for batch in batches]


def flat(batches) -> list[str]:
    return [name for batch in batches for name in batch.var_id]


def same(one: Batch, other: Batch) -> bool:
    tensors = ("label", "ref_aa", "alt_aa", "feature", "mask")
    return one.var_id == other.var_id and all(
        torch.equal(getattr(one, name), getattr(other, name)) for name in tensors
    )
