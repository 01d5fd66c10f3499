"""Dropout masks that a step can be repeated with, whoever takes which part of it."""

from collections.abc import Sequence

import numpy as np
import torch

from pt_gmvp.config import ModelConfig
from pt_gmvp.training.step import GruMasks


def gru_masks(
    config: ModelConfig,
    seed: int,
    step: int,
    size: int,
    rows: Sequence[int] | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> GruMasks | None:
    """Draw the GRU cell's masks for rows of a batch, by (seed, step, row) alone.

    Those of the whole batch are drawn on every process, and each takes its rows: for a batch of 512
    at widths of 512 that is 1.6 million numbers. Another kind of device draws other ones.

    Args:
        config: the model's.
        seed: the run's.
        step: the step's number.
        size: variants in the whole batch.
        rows: which of them are wanted, all if None.
        device: where to draw, and to leave, the masks.
        dtype: of the masks.

    Returns:
        (3, rows, F) and (3, rows, M), gates z, r, h, 0 where dropped and 1 / (1 - rate) where kept;
        None where nothing is ever dropped.
    """
    if not config.dropout_rate:
        return None
    generator = torch.Generator(device).manual_seed(_mixed(seed, step))
    widths = [config.d_fc, config.d_model]
    drawn = torch.rand(size, 3, sum(widths), generator=generator, device=device)
    if rows is not None:
        drawn = drawn[torch.as_tensor(rows, dtype=torch.int64, device=device)]
    kept = (drawn >= config.dropout_rate).to(dtype) / (1 - config.dropout_rate)
    inputs, state = torch.split(kept.transpose(0, 1), widths, -1)
    return inputs.contiguous(), state.contiguous()


def _mixed(seed: int, step: int) -> int:
    """One seed of two: neighbouring ones must not give related streams."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0])
