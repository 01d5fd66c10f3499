"""Training steps of one side, in a process of its own that takes one when it is told to.

So neither framework's allocator, threads and peak memory mix with the other's.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    Batch = dict[str, np.ndarray[Any, Any]]

WIDTHS = ("d_fc", "d_model")


class Step(NamedTuple):
    """What one training step took, its loss, and the process' peak resident memory until then."""

    seconds: float
    cpu_seconds: float
    loss: float
    peak_mb: float


@contextmanager
def training(side: str, batch: Path, width: int, threads: int) -> "Iterator[Callable[[], Step]]":
    """Start the process of "tensorflow", "plain" or "fast"; what is given takes a step in it."""
    command = [sys.executable, "-m", "benchmarks.training_process", side, str(batch)]
    command += [str(width), str(threads)]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, answers = process.stdin, process.stdout

        def step() -> Step:
            requests.write("step\n")
            answer = answers.readline()
            if not answer:
                raise RuntimeError(f"the process of {side} has ended; see above")
            return Step(*json.loads(answer))

        yield step
        requests.close()


def _tensorflow(batch: "Batch", width: int, threads: int) -> Callable[[], float]:
    import parity.runners.tensorflow  # noqa: F401, I001  # Loads TensorFlow without its greetings.
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    from legacy_tf.config import ModelConfig, TrainingConfig
    from legacy_tf.model import build
    from legacy_tf.training import Trainer

    config = ModelConfig(**dict.fromkeys(WIDTHS, width))
    trainer = Trainer(build(config), TrainingConfig(), "")
    tensors = {name: tf.constant(array) for name, array in batch.items()}
    return lambda: float(trainer.train_step(tensors))


def _torch(form: str, batch: "Batch", width: int, threads: int) -> Callable[[], float]:
    from pt_gmvp.process import prepare

    # As `gmvp train` does; before torch is loaded.
    prepare()
    import torch

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.data import Batch
    from pt_gmvp.model import GMVP
    from pt_gmvp.optim import KerasAdam, WarmupLinearDecay
    from pt_gmvp.training import train_step

    torch.set_num_threads(threads)
    model = GMVP(ModelConfig(**dict.fromkeys(WIDTHS, width)), form=form).train()
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
    for _ in sys.stdin:
        start, start_cpu = time.perf_counter(), time.process_time()
        loss = step()
        taken = time.perf_counter() - start, time.process_time() - start_cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(Step(*taken, loss, peak)), flush=True)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
