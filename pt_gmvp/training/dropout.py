"""Dropout masks of a step, the same however its batch is shared among processes."""

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
    """Draw the GRU cell's masks for rows of a batch; they depend on (seed, step, row) alone.

    Every process draws those of the whole batch and takes its rows: for a batch of 512 at widths
    of 512 that is 1.6 million numbers. Another type of device draws other masks.

    Args:
        config: the model's.
        seed: the run's.
        step: the step's number.
        size: variants in the whole batch.
        rows: the rows wanted, all if None.
        device: where to draw the masks, and leave them.
        dtype: of the masks.

    Returns:
        (3, rows, F) and (3, rows, M), gates z, r, h, 0 where dropped and 1 / (1 - rate) where kept;
        None if the dropout rate is 0.
    """
    if not config.dropout_rate:
        return None
    # Seeds that differ by 1 must not give related streams.
    mixed = np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0]
    generator = torch.Generator(device).manual_seed(int(mixed))
    widths = [config.d_fc, config.d_model]
    drawn = torch.rand(size, 3, sum(widths), generator=generator, device=device)
    if rows is not None:
        drawn = drawn[torch.as_tensor(rows, dtype=torch.int64, device=device)]
    kept = (drawn >= config.dropout_rate).to(dtype) / (1 - config.dropout_rate)
    inputs, state = torch.split(kept.transpose(0, 1), widths, -1)
    return inputs.contiguous(), state.contiguous()
