"""Probabilities of variants: the mean over several models."""

from collections.abc import Sequence

import torch
from torch import Tensor

from pt_gmvp.data import Batch
from pt_gmvp.model import GMVP


@torch.inference_mode()
def ensemble_probability(models: Sequence[GMVP], batch: Batch) -> Tensor:
    """Return the mean of the models' probabilities, not of their logits: (B,), in their dtype.

    The models are called as they are, in training mode with dropout; `from_pretrained` returns them
    in evaluation mode.

    Raises:
        ValueError: no model was given.
    """
    if not models:
        raise ValueError("no model was given; expected at least one")
    return torch.stack([_widened(model(*batch.inputs)).sigmoid() for model in models]).mean(0)


def _widened(logits: Tensor) -> Tensor:
    """Return logits as float32 if they are bfloat16, which has too few digits for a mean."""
    return logits.float() if logits.dtype == torch.bfloat16 else logits
