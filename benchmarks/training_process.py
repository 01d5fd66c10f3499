"""Training steps of one side on request, in a separate process."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answering import Taken, answer, asking

Batch = dict[str, np.ndarray[Any, Any]]


def training(
    side: str, batch: Path, width: int, threads: int
) -> AbstractContextManager[Callable[[str], Taken]]:
    """Start the process of "tensorflow", "plain" or "fast"; asked a "step", it answers the loss."""
    return asking("benchmarks.training_process", side, batch, width, threads)


def _tensorflow(batch: Batch, width: int, threads: int) -> Callable[[], float]:
    import parity.runners.tensorflow  # noqa: F401, I001  # Loads TensorFlow without its greetings.
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    from legacy_tf.config import ModelConfig, TrainingConfig
    from legacy_tf.model import build
    from legacy_tf.training import Trainer

    config = ModelConfig(d_fc=width, d_model=width)
    trainer = Trainer(build(config), TrainingConfig(), "")
    tensors = {name: tf.constant(array) for name, array in batch.items()}
    return lambda: float(trainer.train_step(tensors))


def _torch(form: str, batch: Batch, width: int, threads: int) -> Callable[[], float]:
    from pt_gmvp.runs.process import prepare

    # As `gmvp train` does; before torch is loaded.
    prepare()
    import torch

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.data import Batch
    from pt_gmvp.model import GMVP
    from pt_gmvp.optim import KerasAdam, WarmupLinearDecay
    from pt_gmvp.training import train_step

    torch.set_num_threads(threads)
    model = GMVP(ModelConfig(d_fc=width, d_model=width), form=form).train()
    optimizer = KerasAdam(model.parameters())
    schedule = WarmupLinearDecay(optimizer)
    given = Batch([], **{name: torch.from_numpy(array) for name, array in batch.items()})
    return lambda: train_step(model, optimizer, given, schedule).item()


def _serve(side: str, batch: str, width: str, threads: str) -> None:
    with np.load(batch) as arrays:
        given = dict(arrays)
    if side == "tensorflow":
        step = _tensorflow(given, int(width), int(threads))
    else:
        step = _torch(side, given, int(width), int(threads))
    answer({"step": step})


if __name__ == "__main__":
    _serve(*sys.argv[1:])
