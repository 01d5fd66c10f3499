"""Speed of training gMVP: the original's step in TensorFlow, and both forms of this project's.

Run by `make bench-train`. Every side has its own process and takes the same whole training step
(forward, backward, optimiser, schedule, dropout drawn) on the same drawn batch, in turns; each has
a few steps before it is measured. Of each the median counts, as the machine may be doing other
things, and CPU time beside it. PyTorch's processes are set up as `gmvp train` sets up its own.
Reading records is `bench_data`'s, and left out.
"""

import argparse
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.answering import Taken
from benchmarks.families import drawn_variants
from benchmarks.training_process import training

SEED, WIDTH, THREADS, ROUNDS, UNMEASURED = 1, 512, 2, 7, 2
BATCH_SIZES = (64, 512)
SIDES = {
    "tensorflow": "legacy_tf (tf.function)",
    "plain": "pt_gmvp, plain form",
    "fast": "pt_gmvp, fast form",
}


class Measured(NamedTuple):
    """Medians of one side at one batch size, and its peak memory."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def measure(batch: Path, width: int, threads: int, rounds: int) -> dict[str, Measured]:
    """Let all sides take turns on one batch."""
    steps: dict[str, list[Taken]] = {side: [] for side in SIDES}
    with ExitStack() as processes:
        takes = {
            side: processes.enter_context(training(side, batch, width, threads)) for side in SIDES
        }
        for _ in range(UNMEASURED + rounds):
            for side, take in takes.items():
                steps[side].append(take("step"))
    for side, taken in steps.items():
        if not np.isfinite([step.answer for step in taken]).all():
            raise RuntimeError(f"{side} did not train: its losses are not finite")
    return {
        side: Measured(
            median(step.seconds for step in taken[UNMEASURED:]),
            median(step.cpu_seconds for step in taken[UNMEASURED:]),
            taken[-1].peak_mb,
        )
        for side, taken in steps.items()
    }


def show(found: dict[int, dict[str, Measured]]) -> None:
    """Print the results as a table."""
    from rich.console import Console
    from rich.table import Table

    columns = ("variants/s", "ms/variant", "CPU ms/variant", "peak MB")
    table = Table("training step", "batch", *columns, box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for size, sides in found.items():
        for side, taken in sides.items():
            each, cpu = 1e3 * taken.seconds / size, 1e3 * taken.cpu_seconds / size
            numbers = (f"{1e3 / each:,.0f}", f"{each:.2f}", f"{cpu:.2f}", f"{taken.peak_mb:,.0f}")
            table.add_row(SIDES[side], str(size), *numbers)
    Console(width=100).print(table)


def ratios(found: dict[int, dict[str, Measured]]) -> dict[str, float]:
    """Print how many times as fast the fast form is, and its share of the memory."""
    ratios = {}
    for size, sides in found.items():
        fast = sides["fast"]
        for other in ("tensorflow", "plain"):
            slow = sides[other]
            ratios[f"train_fast_over_{other}_{size}"] = slow.seconds / fast.seconds
            ratios[f"train_cpu_fast_over_{other}_{size}"] = slow.cpu_seconds / fast.cpu_seconds
            ratios[f"train_memory_fast_over_{other}_{size}"] = fast.peak_mb / slow.peak_mb
    return ratios


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, nargs="+", default=BATCH_SIZES)
    parser.add_argument("--width", type=int, default=WIDTH, help="d_fc and d_model")
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    # Before any process starts: the libraries read it when they load.
    os.environ["OMP_NUM_THREADS"] = str(given.threads)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in given.batch:
            batch = drawn_variants(size, np.random.default_rng(SEED))
            states = np.mean([len(np.unique(row)) for row in batch["feature"][:, 64, 21:221]])
            path = Path(folder) / f"{size}.npz"
            np.savez(path, **batch)  # type: ignore[arg-type]  # No array is named allow_pickle.
            print(
                f"batch {size} (seed {SEED}), {states:.1f} states at a variant's position; width "
                f"{given.width}; {given.threads} threads; median of {given.rounds} steps in turns"
            )
            found[size] = measure(path, given.width, given.threads, given.rounds)
    show(found)
    print()
    for name, ratio in ratios(found).items():
        print(f"ratio {name} {ratio:.2f}")


if __name__ == "__main__":
    main()
