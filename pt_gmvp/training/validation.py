"""Scores of the held-out variants: shared out among the processes, gathered in the data's order."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pt_gmvp.data import VariantDataset
from pt_gmvp.optim import loss
from pt_gmvp.runs.distributed import World
from pt_gmvp.training import metrics
from pt_gmvp.training.learner import Learner


def score(learner: Learner, data: VariantDataset, batch_size: int) -> NDArray[np.float32]:
    """Compute the logits of all variants without dropout, (V,) float32, on every process alike.

    Of a batch each process takes every R-th variant; where the last has fewer variants than there
    are processes, some have nothing to do in it.
    """
    world = learner.world
    learner.model.eval()
    logits = torch.zeros(len(data), device=world.device)
    with torch.no_grad():
        for numbers in _parts(len(data), batch_size, world):
            batch = data.__getitems__(numbers).to(world.device)
            logits[numbers] = learner.predict(batch)
    learner.model.train()
    gathered: NDArray[np.float32] = world.sum(logits).cpu().numpy()
    return gathered


def _parts(length: int, batch_size: int, world: World) -> Iterator[list[int]]:
    for start in range(0, length, batch_size):
        numbers = range(start, min(start + batch_size, length))[world.rank :: world.size]
        if numbers:
            yield list(numbers)


def judge(logits: NDArray[np.float32], labels: NDArray[np.float32]) -> dict[str, float]:
    """The mean loss, in float64, and what `metrics.evaluate` says of the probabilities."""
    value = loss(torch.from_numpy(logits).double(), torch.from_numpy(labels)).item()
    return {"loss": value} | metrics.evaluate(labels, probabilities(logits))


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sigmoid of logits, float32."""
    probability: Tensor = torch.from_numpy(logits).sigmoid()
    found: NDArray[np.float32] = probability.numpy()
    return found
